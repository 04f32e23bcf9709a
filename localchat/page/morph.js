// Makes one element look like another by changing only what differs, so that a message that is
// edited keeps focus, scroll position and the pictures that are already loaded.

function syncAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    const opened = name === "open"; // what somebody has opened stays open
    if (!opened && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

// A picture that changes stays until its successor is loaded: no flicker between previews.
function syncImage(from, to) {
  const source = to.getAttribute("src");
  if (from.dataset.next === source || from.getAttribute("src") === source) {
    to.setAttribute("src", from.getAttribute("src"));
    if (from.dataset.next) to.dataset.next = from.dataset.next;
    syncAttributes(from, to);
    return;
  }
  const loader = new Image();
  const done = (loaded) => {
    if (from.dataset.next !== source) return;
    delete from.dataset.next;
    if (loaded) from.src = source;
  };
  loader.onload = () => done(true);
  // Gone already: the message has moved on, and its next state is on the way.
  loader.onerror = () => done(false);
  to.setAttribute("src", from.getAttribute("src"));
  to.dataset.next = source;
  syncAttributes(from, to);
  loader.src = source;
}

// A file's link is signed anew now and then; a video goes on playing as long as it is the same file.
function syncVideo(from, to) {
  const file = (video) => video.getAttribute("src").split("?")[0];
  if (file(from) === file(to)) to.setAttribute("src", from.getAttribute("src"));
  syncAttributes(from, to);
}

// Boxes that somebody is ticking are theirs until the list is closed.
function syncBox(from, to) {
  syncAttributes(from, to);
  if (!from.closest("details[open]")) from.checked = from.defaultChecked;
}

// What somebody chose is sent at once; from then on the message says what is chosen.
function showChosen(select) {
  select.value = [...select.options].find((option) => option.defaultSelected)?.value ?? "";
}

const SPECIAL = { IMG: syncImage, INPUT: syncBox, VIDEO: syncVideo };

export function morph(from, to) {
  if (SPECIAL[from.tagName]) {
    SPECIAL[from.tagName](from, to);
    return;
  }
  syncAttributes(from, to);
  const wanted = [...to.childNodes];
  wanted.forEach((child, index) => {
    const present = from.childNodes[index];
    if (!present) {
      from.append(child);
    } else if (present.nodeName !== child.nodeName) {
      present.replaceWith(child);
    } else if (present.nodeType === Node.ELEMENT_NODE) {
      morph(present, child);
    } else if (present.nodeValue !== child.nodeValue) {
      present.nodeValue = child.nodeValue;
    }
  });
  while (from.childNodes.length > wanted.length) from.lastChild.remove();
  if (from.tagName === "SELECT") showChosen(from);
}
