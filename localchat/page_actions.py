"""What the page does for a person: commands, context menus, buttons, modals, messages.

Every answer is `{"ok": true}` or `{"ok": false, "error": sentence}`. If the bot opened a modal, it
comes with the answer as `modal`, together with the number of its `interaction`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from localchat.catalog import find_leaf
from localchat.clock import snowflake
from localchat.describe import RANKS
from localchat.errors import Json
from localchat.form import Form, field_values, option_values, read_form
from localchat.gateway import Gateway
from localchat.guard import is_own_origin
from localchat.inputs import InvalidInput
from localchat.person import Person
from localchat.rest.registration import LOCALES
from localchat.state import Interaction
from localchat.waiting import NotAcknowledged
from localchat.words import Words
from localchat.world import World

Action = Callable[[Form], Awaitable[Json]]

MAX_NAME = 32


class PageActions:
    """The page's POST routes.

    Args:
        world: the chat.
        gateway: told what people do.
    """

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def routes(self, page: str) -> list[web.RouteDef]:
        """Return the routes `POST <page>/…`."""
        actions: dict[str, Action] = {
            "run": self._run,
            "use": self._use,
            "press": self._press,
            "submit": self._submit,
            "complete": self._complete,
            "say": self._say,
            "forward": self._forward,
            "delete": self._delete,
            "become": self._become,
        }
        return [
            web.post(f"{page}/{name}", self._endpoint(action)) for name, action in actions.items()
        ]

    def person(self, name: object) -> Person:
        """Return whoever the page says it is."""
        return Person(self._world, self._gateway, self._world.person(self.name(name)))

    def name(self, given: object) -> str:
        """Return the name that the page gives; "You" if it gives none."""
        return str(given or "").strip()[:MAX_NAME] or "You"

    def _endpoint(self, action: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            # Only our own page may act for a person; browsers say where a POST comes from.
            if not is_own_origin(request):
                text = f"Only this server's own page may do that ({hdrs.ORIGIN}).\n"
                raise web.HTTPForbidden(text=text)
            form = await read_form(request)
            try:
                answer = await action(form)
            except (InvalidInput, NotAcknowledged, LookupError) as error:
                return self._refusal(error, Words(self.person(form.about.get("as")).user.locale))
            return web.json_response({"ok": True} | answer)

        return endpoint

    def _refusal(self, error: Exception, words: Words) -> web.Response:
        text = error.said_in(words) if isinstance(error, InvalidInput) else words(str(error))
        if isinstance(error, NotAcknowledged) and not self._gateway.connected:
            text = words("The bot is offline: start it, then try again")
        sentence = words("{text}.", text=text[:1].upper() + text[1:])
        return web.json_response({"ok": False, "error": sentence}, status=400)

    # one method for each action

    async def _run(self, form: Form) -> Json:
        person = self.person(form.about.get("as"))
        name = str(form.about.get("command"))
        place = self._world.channel_named(form.channel)
        leaf = find_leaf(self._world, person.user, place, name)
        values = await option_values(leaf.options, form, self._world.config.examples)
        return _opened(await person.run(name, values, channel=form.channel))

    async def _use(self, form: Form) -> Json:
        person = self.person(form.about.get("as"))
        name = str(form.about.get("command"))
        member = form.about.get("member")
        target = snowflake(form.about.get("message")) if member is None else str(member)
        return _opened(await person.use(name, target, channel=form.channel))

    async def _press(self, form: Form) -> Json:
        given = form.about.get("values")
        values = [str(value) for value in given] if isinstance(given, list) else []
        person = self.person(form.about.get("as"))
        message = snowflake(form.about.get("message"))
        return _opened(await person.press(message, str(form.about.get("custom_id")), values))

    async def _submit(self, form: Form) -> Json:
        interaction = self._world.interactions.get(snowflake(form.about.get("interaction")))
        if interaction is None or interaction.modal is None:
            raise InvalidInput("no form is open")
        values = field_values(interaction.modal, form)
        person = self.person(form.about.get("as"))
        return _opened(await person.submit(interaction, values))

    async def _complete(self, form: Form) -> Json:
        about = form.about
        choices = await self.person(about.get("as")).autocomplete(
            str(about.get("command")),
            str(about.get("option")),
            str(about.get("value")),
            channel=form.channel,
        )
        return {"choices": choices}

    async def _say(self, form: Form) -> Json:
        person = self.person(form.about.get("as"))
        files = form.files.get("files", [])
        text = str(form.about.get("text") or "")
        return {"message": str(await person.say(text, files, channel=form.channel))}

    async def _forward(self, form: Form) -> Json:
        person = self.person(form.about.get("as"))
        sent = await person.forward(snowflake(form.about.get("message")), form.channel)
        return {"message": str(sent)}

    async def _delete(self, form: Form) -> Json:
        await self.person(form.about.get("as")).delete(snowflake(form.about.get("message")))
        return {}

    async def _become(self, form: Form) -> Json:
        """Change who somebody is: language, what they may do, roles, what they have installed."""
        about = form.about
        person = self.person(about.get("as"))
        rank, locale = RANKS.get(str(about.get("rank"))), str(about.get("locale"))
        known = locale if locale in LOCALES else None
        self._world.person(person.user.display_name, rank, locale=known)
        if about.get("installed") is True:
            person.install()
        elif about.get("installed") is False:
            person.uninstall()
        if isinstance(wanted := about.get("roles"), list):
            roles = [role for role in self._world.roles() if str(role.id) in wanted]
            self._world.give_roles(person.user, roles)
        return {}


def _opened(interaction: Interaction) -> Json:
    """Return the modal that the bot opened, if it did."""
    if interaction.modal is None:
        return {}
    return {"interaction": str(interaction.id), "modal": interaction.modal}
