#!/bin/sh
# An agent that is only curl: ask, wait for the answer in slices, print it.
set -eu
server=${AILOOP_SERVER:-http://127.0.0.1:8081}

prompt=$(curl -fsS "$server/api/v1/messages" -d '{
  "channel": "scripts",
  "content": {"type": "question", "text": "May the backup start?", "choices": ["now", "tonight"]}
}')
id=$(printf '%s' "$prompt" | sed 's/^{"id":"\([^"]*\)".*/\1/')
echo "asked $id; answer it with: ailoop answer $id now" >&2

# 202 says that nobody has answered yet; the prompt stays open however often we ask.
while :; do
  reply=$(curl -fsS -w '\n%{http_code}' "$server/api/v1/messages/$id/response?wait=25")
  [ "${reply##*
}" = 202 ] || break
done
case $reply in
  *'"response_type":"text"'*) printf '%s\n' "$reply" | sed -n 's/.*"answer":"\([^"]*\)".*/\1/p' ;;
  *) echo "nobody answered" >&2; exit 1 ;;
esac
