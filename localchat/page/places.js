// Servers, channels and conversations, and which one is open.
import { byId, element } from "./dom.js";
import { say } from "./language.js";

const nameOf = ({ name, nsfw }) => (nsfw ? `${name} (${say("age-restricted")})` : name);

export class Places {
  constructor({ opened }) {
    this.opened = opened;
    this.unread = new Map();
    this.channels = [];
    this.current = null;
    byId("place").addEventListener("change", (event) => this.open(event.target.value));
  }

  show(state) {
    this.state = state;
    this.channels = state.channels;
    const present = this.channels.find(({ id }) => id === this.current?.id);
    if (present) this.current = present;
    else this.open((this.kept() ?? this.channels[0]).id);
    this.draw();
  }

  // The channel that was open before the page was loaded anew, as another person perhaps.
  kept() {
    return this.channels.find(({ id }) => id === sessionStorage.getItem("channel"));
  }

  open(id) {
    sessionStorage.setItem("channel", id);
    this.current = this.channels.find((channel) => channel.id === id);
    this.unread.delete(id);
    byId("channel").textContent = this.current.name;
    byId("topic").textContent = this.current.topic + (this.current.nsfw ? ` · ${say("age-restricted")}` : "");
    this.draw();
    this.opened(this.current);
  }

  count(id) {
    this.unread.set(id, (this.unread.get(id) ?? 0) + 1);
    this.draw();
  }

  // A list beside the messages, and a select menu in its place on a narrow screen. What has the
  // focus is not made anew unless something changed, and has it again afterwards.
  draw() {
    const told = JSON.stringify([this.state.places, this.channels, this.current?.id, [...this.unread]]);
    if (told === this.told) return;
    this.told = told;
    const focused = byId("channels").contains(document.activeElement) && document.activeElement.dataset.channel;
    const lists = this.state.places.map((place) => this.list(place));
    byId("channels").replaceChildren(...lists.filter(Boolean));
    const groups = this.state.places.map((place) => {
      const options = this.of(place).map((channel) => {
        const count = this.unread.get(channel.id);
        const text = nameOf(channel) + (count ? ` ${say("({count} new)", { count })}` : "");
        return element("option", { value: channel.id, textContent: text });
      });
      return element("optgroup", { label: place.name }, ...options);
    });
    byId("place").replaceChildren(...groups);
    byId("place").value = this.current?.id ?? "";
    if (focused) byId("channels").querySelector(`[data-channel="${focused}"]`)?.focus();
  }

  of(place) {
    return place.channels.map((id) => this.channels.find((channel) => channel.id === id));
  }

  list(place) {
    const channels = this.of(place);
    if (!channels.length) return null;
    const id = `place-${this.state.places.indexOf(place)}`;
    const list = element("ul", { attributes: { "aria-labelledby": id } });
    for (const channel of channels) list.append(element("li", {}, this.button(channel)));
    return element("div", { className: "place" }, element("h2", { id, textContent: place.name }), list);
  }

  button(channel) {
    const button = element("button", { type: "button", textContent: channel.name, dataset: { channel: channel.id } });
    if (channel.id === this.current?.id) button.setAttribute("aria-current", "true");
    if (channel.nsfw) button.append(" ", element("span", { className: "restricted", textContent: say("age-restricted") }));
    const count = this.unread.get(channel.id);
    if (count) {
      const unread = element("span", { className: "unread", textContent: count });
      button.append(unread, element("span", { className: "hidden", textContent: ` ${say("unread")}` }));
    }
    button.addEventListener("click", () => this.open(channel.id));
    return button;
  }
}
