"""From the bytes of a workflow's answer to the pieces of its text. Knows neither Flask, nor sockets, nor the database.

::

    AnswerDecoder (answer.py)      tells the form by its first bytes, judges the end
    ├── LinesForm                  n8n's streaming: one JSON object a line (n8n_lines.py)
    ├── ServerSentEventsForm       `data: …` (server_sent_events.py)
    ├── DocumentForm, PlainForm    a JSON document; text as it is (documents.py)
    └── AnswerText                 the text so far, its caps, what is taken back (answer_text.py)
"""

from chatstream.services.decoders.answer import AnswerDecoder, FormName

__all__ = ["AnswerDecoder", "FormName"]
