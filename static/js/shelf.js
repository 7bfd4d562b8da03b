// What outlives the page on this phone (IndexedDB). Where a browser keeps nothing, nothing is found.
const STORES = ["votes", "boards"];
const DAY = 86_400_000;
let opened;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const asked = indexedDB.open("jamvote", 1);
  asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
  return done(asked);
}

// All that `act(store)` asks for is one transaction.
async function on(name, act) {
  try {
    const database = await (opened ??= open());
    return await act(database.transaction(name, "readwrite").objectStore(name));
  } catch {
    return undefined;
  }
}

const ofJam = (slug) => IDBKeyRange.bound([slug], [slug, []]);

// Votes that wait, by jam, attendee and song. Each has its own row, so that two tabs lose none of each other's.
export class Waiting {
  constructor(slug, attendee) {
    this.key = (song) => [slug, attendee, song];
  }

  // Song → wanted. What is older than a day has outlived its jam.
  all() {
    return on("votes", async (store) => {
      const [keys, rows] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      const [slug, attendee] = this.key(0);
      const found = new Map();
      keys.forEach((key, place) => {
        if (Date.now() - rows[place].at > DAY) store.delete(key);
        else if (key[0] === slug && key[1] === attendee) found.set(key[2], rows[place].wanted);
      });
      return found;
    });
  }

  put(song, wanted) {
    return on("votes", (store) => done(store.put({ wanted, at: Date.now() }, this.key(song))));
  }

  // Unless another tab wants something else by now.
  drop(song, wanted) {
    return on("votes", async (store) => {
      const row = await done(store.get(this.key(song)));
      if (row?.wanted === wanted) store.delete(this.key(song));
    });
  }
}

// Whoever left, or is somebody else now, leaves nothing here.
export const forgetVotes = (slug) => on("votes", (store) => done(store.delete(ofJam(slug))));

// The last that was known of a jam: public, so the same for whoever looks. One jam's at a time.
export const keepBoard = (slug, board) =>
  on("boards", (store) => {
    store.clear();
    return done(store.put(board, slug));
  });

export const keptBoard = (slug) => on("boards", (store) => done(store.get(slug)));
