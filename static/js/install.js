// Lets this page open without a line (worker.js), and says quietly when there is a newer version of it.
import { data, find } from "./page.js";

export function keepForLater() {
  if (!data.worker || !("serviceWorker" in navigator)) return;
  // What is needed now comes first.
  if (document.readyState === "complete") register();
  else addEventListener("load", () => setTimeout(register, 1000));
}

async function register() {
  const { serviceWorker } = navigator;
  const policy = window.trustedTypes?.createPolicy("worker", { createScriptURL: () => data.worker });
  const address = policy ? policy.createScriptURL("") : data.worker;
  const registration = await serviceWorker.register(address, { updateViaCache: "none" }).catch(() => null);
  if (!registration) return;
  if (serviceWorker.controller) {
    offer(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
  } else tellWhatIsHere((await serviceWorker.ready).active);
}

// The worker came after this page.
function tellWhatIsHere(worker) {
  const files = performance.getEntriesByType("resource").map((entry) => entry.name);
  worker.postMessage({ page: location.href.split("#")[0], files });
}

function watch(worker) {
  worker?.addEventListener("statechange", () => worker.state === "installed" && offer(worker));
}

function offer(worker) {
  const line = find("[data-new-version]");
  if (!worker || !line) return;
  line.hidden = false;
  find("button", line).addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    worker.postMessage("take over");
  });
}
