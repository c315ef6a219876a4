"""What gunicorn and the ``flask`` command load."""

import sys

from chatstream import create_app
from chatstream.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"ChatStream can not start with these settings:\n{error}")
