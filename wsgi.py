"""What gunicorn and the ``flask`` command load."""

from chatstream import create_app

app = create_app()
