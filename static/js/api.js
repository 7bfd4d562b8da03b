// One way to the API. `Refused`: the server said no and why. `Away`: it did not answer, or has had enough of us for now
// (`busy`); ask again later.
import { csrfToken, text } from "./page.js";

export class Refused extends Error {
  constructor(status, { detail, code, errors, ...more } = {}) {
    super(Object.values(errors ?? {}).flat()[0] ?? detail ?? text("wrong"));
    Object.assign(this, { status, code, more });
  }
}

export class Away extends Error {
  constructor(after = 0, busy = false) {
    super(text(busy ? "busy" : "away"));
    Object.assign(this, { after, busy }); // after so many milliseconds
  }
}

const LATER = new Set([408, 425, 429]);

export async function call(method, address, body) {
  let response;
  try {
    response = await fetch(address, {
      method,
      headers: {
        Accept: "application/json",
        "X-CSRFToken": csrfToken(),
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body && JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout?.(15000),
    });
  } catch {
    throw new Away();
  }
  if (response.ok) return response.status === 204 ? {} : response.json();
  if (response.status >= 500 || LATER.has(response.status)) {
    throw new Away(Number(response.headers.get("Retry-After") ?? 0) * 1000, response.status === 429);
  }
  throw new Refused(response.status, await response.json().catch(() => ({})));
}

// A public read: no token; the browser's copy is asked for with its ETag, unless `cache` says otherwise. Also tells the
// server's time.
export async function read(address, { signal = AbortSignal.timeout?.(15000), cache = "no-cache" } = {}) {
  let response;
  try {
    response = await fetch(address, {
      headers: { Accept: "application/json" },
      cache,
      signal,
    });
  } catch {
    throw new Away();
  }
  if (response.status === 404 || response.status === 410) throw new Refused(response.status);
  if (!response.ok) throw new Away(0, response.status === 429);
  return { body: await response.json(), at: Date.parse(response.headers.get("Date") ?? "") };
}
