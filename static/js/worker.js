// The service worker: what was seen opens without a line. /sw.js says before it what is `kept`: the version of our
// files, the page for what was never seen, and the files that this page needs.
const { version, offline, files } = self.kept;
const FILES = `files-${version}`; // the same for ever: their names have hashes
const PAGES = `pages-${version}`;
const PATIENCE = 3_000;
const MOST = 30; // pages
const ALONE = /^\/(api|admin)\b/; // always from the line
const DESK = /\/host$/; // a console that is old would mislead: it is the browser's to keep, and to ask about
const LASTING = /^\/(static|accent)\//;
const ENDING = /^\/(logout|language|jams\/[\w-]+\/leave)$/; // pages are another's then, or in another language

addEventListener("install", (event) => {
  event.waitUntil(caches.open(FILES).then((cache) => cache.addAll([offline, ...files])));
});

addEventListener("activate", (event) => {
  event.waitUntil(clean().then(() => clients.claim()));
});

async function clean() {
  for (const name of await caches.keys()) if (name !== FILES && name !== PAGES) await caches.delete(name);
}

// A new version waits until somebody says so; a page that was there first tells what it was made of.
addEventListener("message", (event) => {
  if (event.data === "take over") skipWaiting();
  else event.waitUntil(Promise.allSettled([see(event.data.page), ...event.data.files.filter(lasts).map(file)]));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && ENDING.test(pathname)) event.waitUntil(caches.delete(PAGES));
  if (request.method === "POST" && pathname === "/language") event.respondWith(speak(request));
  if (request.method !== "GET") return;
  if (lasts(request.url)) event.respondWith(file(request));
  else if (request.mode === "navigate" && !ALONE.test(pathname)) event.respondWith(page(event));
});

// The page for what was never seen speaks the new language, too.
async function speak(request) {
  const answer = await fetch(request);
  await caches.open(FILES).then((cache) => cache.add(offline)).catch(() => {});
  return answer;
}

const lasts = (address) => LASTING.test(new URL(address, location).pathname);

async function file(request) {
  const cache = await caches.open(FILES);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

// The line first; after three seconds, or without one, what was seen last.
async function page(event) {
  const { request } = event;
  const seen = await (await caches.open(PAGES)).match(request.url, { ignoreVary: true });
  const fresh = fetch(request).then((answer) => keep(request.url, answer));
  event.waitUntil(fresh.catch(() => {}));
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE, seen));
  try {
    const answer = await (seen ? Promise.race([fresh, patience]) : fresh);
    return seen && answer.status >= 500 ? seen : answer;
  } catch {
    return seen ?? caches.match(offline);
  }
}

const see = async (address) => keep(address, await fetch(address));

// The server says what nobody may keep: all that is of hosts and accounts.
async function keep(address, answer) {
  const open = !DESK.test(new URL(address, location).pathname);
  const may = open && answer.ok && !answer.redirected && !/no-store/.test(answer.headers.get("Cache-Control") ?? "no-store");
  const cache = await caches.open(PAGES);
  if (may) await cache.put(address, answer.clone());
  else if (answer.type !== "opaqueredirect" && answer.status < 500) await cache.delete(address);
  const known = await cache.keys();
  for (const old of known.slice(0, Math.max(0, known.length - MOST))) await cache.delete(old);
  return answer;
}
