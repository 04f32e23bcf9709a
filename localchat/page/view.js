// What of the messages is in sight: the newest one, until somebody scrolls away.
import { byId } from "./dom.js";

const scroll = byId("scroll");
const newest = byId("newest");

let following = true; // whether what comes is shown
let first = null; // the message whose top stays in sight; null: just the end
let placed = 0; // where this module scrolled to; NaN once somebody scrolled elsewhere
let behind = false; // whether that leaves something newer below
let seen = ""; // how large everything was then

const sizes = () => `${scroll.scrollHeight}/${scroll.clientHeight}`;
const end = () => scroll.scrollHeight - scroll.clientHeight;
const atEnd = () => end() - scroll.scrollTop < 120;
const topOf = (article) => article.offsetTop - scroll.offsetTop;

// What is said about the message right above it, "here it is", leaves that in sight.
function aboutAbove(article) {
  const about = byId(article.dataset.about);
  let before = article.previousElementSibling;
  while (before?.hidden) before = before.previousElementSibling;
  return about && about === before ? about : article;
}

// The end, but never past the top of what is to be seen.
function settle() {
  if (!first?.isConnected || first.hidden) first = null;
  if (following) {
    placed = Math.max(0, first ? Math.min(end(), topOf(first)) : end());
    scroll.scrollTo({ top: placed });
    behind = end() - placed > 8;
    if (!behind) newest.hidden = true;
  }
  seen = sizes();
}

export function showEnd() {
  following = true;
  first = null;
  settle();
}

// Shows a message that came just now: what one said or asked for always, others unless one reads
// elsewhere.
export function showNew(article, person) {
  const asked = "own" in article.dataset || article.dataset.author === person;
  if (!asked && (!following || behind)) {
    newest.hidden = false;
    return;
  }
  following = true;
  first = asked ? article : aboutAbove(article);
  settle();
}

scroll.addEventListener("scroll", () => {
  // Where messages grew or shrank, the browser scrolled by itself.
  if (sizes() !== seen || Math.abs(scroll.scrollTop - placed) < 2) return;
  placed = NaN;
  first = null;
  behind = false;
  following = atEnd();
  if (following) newest.hidden = true;
});
newest.addEventListener("click", showEnd);

// Messages change, pictures load, the panel below opens.
const observer = new ResizeObserver(settle);
for (const node of [scroll, ...scroll.children]) observer.observe(node);
