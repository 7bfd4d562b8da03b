// Staff have a request profiled: it is made with the header that asks for it, and the answer says where its profile is.
import { find } from "./page.js";

const form = find("[data-profile]");
const failed = find("[data-profile-failed]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  failed.hidden = true;
  const address = new URL(form.elements.address.value, location.origin);
  const ours = address.origin === location.origin;
  const answer = ours && (await fetch(address, { headers: { "X-Profile": "1" }, cache: "no-store" }).catch(() => null));
  const profile = answer && answer.headers.get("X-Profile");
  if (profile) location.assign(profile);
  else failed.hidden = false;
});
