#!/usr/bin/env bash
# Signs in, picks an agent, opens a chat and shows the answers as they are written.
#
#   scripts/test_streaming.sh [address]            asks for what it needs
#   EMAIL=… PASSWORD=… AGENT=1 MESSAGE=… scripts/test_streaming.sh     asks for nothing
#   RAW=1 scripts/test_streaming.sh                shows the frames as they come
#
# Needs curl and python3 (standard library only).
set -euo pipefail

url=${1:-${URL:-http://127.0.0.1:${PORT:-8000}}}
url=${url%/}
jar=$(mktemp)
chmod 600 "$jar"
trap 'rm -f "$jar"' EXIT

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# json EXPRESSION: prints the value of a Python expression over the document `d` from standard input
json() { python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# body NAME VALUE …: a JSON object of strings, whatever quotes they hold
body() { python3 -c 'import json, sys; a = sys.argv[1:]; print(json.dumps(dict(zip(a[::2], a[1::2]))))' "$@"; }

# api METHOD PATH [BODY]: prints the answer; a problem document is shown and ends the script
api() {
  local answer status
  # the body goes through standard input, where no process list shows a password
  answer=$(printf '%s' "${3:-}" | curl -sS -b "$jar" -c "$jar" -X "$1" "$url$2" \
    ${3:+-H 'Content-Type: application/json' --data-binary @-} -w '\n%{http_code}') || fail "No answer from $url. Is it running?"
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  case $status in
    2*) printf '%s' "$answer" ;;
    *) fail "$(printf '%s' "$answer" | json '"%(status)s %(code)s: %(detail)s" % d' 2>/dev/null || echo "$status from $url$2: is ChatStream there?")" ;;
  esac
}

# show: reads a stream of frames and prints the answer's text as it comes
show() {
  python3 -u -c '
import json, os, sys
raw = os.environ.get("RAW")
for line in sys.stdin:
    if raw:
        sys.stdout.write(line)
        continue
    if line.startswith("{"):  # not a stream: a problem document
        problem = json.loads(line)
        sys.exit("%(status)s %(code)s: %(detail)s" % problem)
    if not line.startswith("data: "):
        continue
    event = json.loads(line[6:])
    kind, data = event["type"], event["data"]
    if kind == "status":
        print("\033[2m[%s]\033[0m" % data["description"], file=sys.stderr)
    elif kind == "message":
        sys.stdout.write(data["content"])
    elif kind == "replace":
        sys.stdout.write("\n\033[2m(the workflow started over)\033[0m\n" + data["content"])
    elif kind == "error":
        print("\n\033[31m%(code)s: %(message)s\033[0m" % data)
    elif kind == "done":
        print("\n\033[2m[%s, message %s]\033[0m" % (data["status"], data["message_id"]), file=sys.stderr)
'
}

email=${EMAIL:-}
if [ -z "$email" ]; then
  read -rp "Email [user@demo.example]: " email
  email=${email:-user@demo.example}
fi
password=${PASSWORD:-}
if [ -z "$password" ]; then
  read -rsp "Password [that of the demo account]: " password
  say
  case $email in admin@demo.example) demo=demo-admin-password ;; *) demo=demo-user-password ;; esac
  password=${password:-$demo}
fi
say "$(api POST /api/auth/login "$(body email "$email" password "$password")" | json '"Signed in as %(email)s (%(role)s)" % d["user"]')"

agents=$(api GET "/api/agents/?limit=100")
count=$(printf '%s' "$agents" | json 'len(d["items"])')
[ "$count" -gt 0 ] || fail "The team has no agents."
printf '%s' "$agents" | json '"\n".join("  %d  %s  %s" % (n, a["name"], a["description"]) for n, a in enumerate(d["items"], 1))' >&2
choice=${AGENT:-1}
if [ "$count" -gt 1 ] && [ -z "${AGENT:-}" ]; then
  read -rp "Agent [1]: " choice
  choice=${choice:-1}
fi
[[ $choice =~ ^[0-9]+$ ]] && [ "$choice" -ge 1 ] && [ "$choice" -le "$count" ] || fail "There is no agent $choice."
agent=$(printf '%s' "$agents" | json "d['items'][$choice - 1]['id']")

chat=$(api POST /api/chats/ "$(body agent_id "$agent")" | json 'd["id"]')
say "Chat $chat"

send() {
  printf '%s' "$(body content "$1")" | curl -sSN -b "$jar" -X POST "$url/api/chats/$chat/messages" \
    -H 'Content-Type: application/json' -H 'Accept: text/event-stream' --data-binary @- | show
}

if [ -n "${MESSAGE:-}" ]; then
  send "$MESSAGE"
  exit
fi
while read -rp $'\nMessage (empty line to end): ' message && [ -n "$message" ]; do
  send "$message" || true
done
