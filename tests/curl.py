"""As much of curl as docs/api.md uses, for machines that have none: -s, -I, -X, -H, -d and an address."""

import sys

import httpx


def main(words):
    method, headers, body, address = "", [], None, ""
    words = iter(words)
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(":")
            headers.append((name, value.strip()))
        elif word == "-d":
            body = next(words)
        elif word == "-I":
            method = "HEAD"
        elif word == "-s":
            continue
        elif word.startswith("-") or address:
            raise SystemExit(f"curl: {word}: not known here")
        else:
            address = word
    answer = httpx.request(method or ("POST" if body else "GET"), address, headers=headers, content=body, timeout=30)
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in answer.headers.items() if method == "HEAD")
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main(sys.argv[1:])
