"""Films: moving photos in, films out; stopped, cancelled, cut off, taken still; hostile ones."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from localchat import Upload
from localchat.stickers import check_emoji
from nst.film import open_film
from tests.e2e.moving import TIMES, moving
from tests.e2e.playing import act, from_menu, picture, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Json, Option, Stage, buttons, gallery, until
from tests.e2e.test_forms import fill_in
from tests.e2e.test_limits import change_settings
from tests.e2e.test_my_pictures import mine, thumbnails
from tests.e2e.test_sources import stylized
from tests.nst.clips import music, pan, video

READY = "Your film is ready"


GIF = Upload("cat.gif", moving(loop=2), "image/gif")


async def at_the_third(stage: Stage, who: str = "Ada", content: Upload = GIF) -> Card:
    """Order a film, and let it wait at its third frame."""
    stage.hold()
    card = await stage.stylize(who, content)
    await until(lambda: "Frame 3 of 4" in card.text)
    return card


def check_stickers(stage: Stage, told: Json, suffix: str, frames: int) -> None:
    """Check files that Discord takes as a sticker and as an emoji."""
    files = stage.chat.message(int(told["id"])).attachments
    assert [Path(file.filename).suffix for file in files] == [suffix] * 2
    sticker, emoji = (file.path.read_bytes() for file in files)
    stage.chat.upload_sticker("cat", sticker)
    check_emoji(emoji)
    for data, side in ((sticker, 320), (emoji, 128)):
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (side, side)
            assert getattr(image, "n_frames", 1) == frames


async def test_a_film_in_a_film_out(bot: Stage) -> None:
    card = await at_the_third(bot)
    assert "A film: 4 frames at 64×48 px" in card.text
    shown = gallery(card.now)[0]["media"]["url"].partition("?")[0]
    assert shown.endswith("preview.webp"), "two frames move already"
    bot.release()
    await card.until(READY)
    assert "4 frames · 64×48 px" in card.text
    film = open_film(picture(bot, card))
    assert film.info.kind == "WebP"
    assert film.info.loops == 3, "a GIF counts how often it is repeated"
    assert [frame.seconds for frame in film] == [Fraction(each, 1000) for each in TIMES]
    reply = await bot.until_reply(card)
    assert reply["content"].endswith("your film is ready.")
    before = picture(bot, card)
    await bot.chat.person("Ada").press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    await until(lambda: "Style's colours" in buttons(card.now))
    assert picture(bot, card) != before
    assert open_film(picture(bot, card)).info.frames == 4
    told = await whispered(bot, await from_menu(bot, card, "Before and after"))
    assert told["attachments"][0]["filename"] == f"compare-{card.job_id}.mp4"
    told = await whispered(bot, await from_menu(bot, card, "As a sticker"))
    check_stickers(bot, told, ".gif", frames=4)
    form = await bot.chat.person("Ada").use("Stylize this…", card.id)
    again = await stylized(bot, form, picture=["photo"])
    await again.until(READY)
    assert "4 frames" in again.text
    more = await act(bot, card, "More style")
    await more.until(READY)


async def test_stop_and_keep_makes_a_film_of_what_is_done(bot: Stage) -> None:
    card = await at_the_third(bot)
    await bot.press(card, "Stop and keep")
    await card.until(READY)
    assert "2 of 4 frames" in card.text
    assert len(list(open_film(picture(bot, card)))) == 2


async def test_a_killed_worker_goes_on_after_the_last_frame(bot: Stage) -> None:
    card = await at_the_third(bot)
    os.kill(bot.runs[-1][1], signal.SIGKILL)
    await bot.until_runs(2)
    bot.release()
    await card.until(READY)
    assert bot.resumed == [f"{card.job_id} 2"]
    assert len(list(open_film(picture(bot, card)))) == 4
    cancelled = await at_the_third(bot)
    await bot.press(cancelled, "Cancel")
    await cancelled.until("Cancelled")
    assert not [name for name in bot.spool if name.startswith(cancelled.job_id)]


async def test_a_film_whose_workers_die_fails_and_leaves_nothing(bot: Stage) -> None:
    card = await at_the_third(bot)
    for runs in (1, 2):
        [*_, (_, worker)] = await bot.until_runs(runs)
        os.kill(worker, signal.SIGKILL)
    await card.until("This picture could not be painted")
    assert "ended unexpectedly, and so did a second one" in card.text
    assert not [name for name in bot.spool if name.startswith(card.job_id)]


async def test_one_frame_instead_of_a_film(bot: Stage) -> None:
    """While it is painted and while it waits; the card and the place in the queue stay."""
    painted = await at_the_third(bot)
    waiting = await bot.stylize("Bob", GIF, channel="gallery")
    await until(lambda: "First frame only" in buttons(waiting.now))
    for card, who in ((waiting, "Bob"), (painted, "Ada")):
        said = await bot.press(card, "First frame only", who)
        assert "One frame is painted now" in said
    bot.release()
    for card in (painted, waiting):
        final = await card.until("Your picture is ready")
        assert "“cat.gif” moves: frame 1 of 4 was taken." in card.text
        assert gallery(final)[0]["media"]["url"].partition("?")[0].endswith(".png")


async def test_a_restart_goes_on_after_the_last_frame(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"max_frames": 6})
    async with stage.bot():
        card = await at_the_third(stage)
        second = await stage.stylize("Ada", GIF)
        await second.until("That did not work")
        assert "together they may have 6 at a time" in second.text
    stage.release()
    async with stage.bot():
        await card.until(READY)
        assert stage.resumed == [f"{card.job_id} 2"]
        long = await stage.stylize("Bob", Upload("long.gif", moving(frames=10)))
        await long.until(READY)
        assert "5 frames" in long.text
        assert "Of its 10 frames one of 2 is painted: 6 is the limit here." in long.text
        film = open_film(picture(stage, long))
        assert sum(frame.seconds for frame in film) == Fraction(sum(TIMES) * 2 + 150, 1000)
        too_long = await stage.stylize("Bob", Upload("long.gif", moving(frames=30)))
        await too_long.until("Your picture is ready")
        assert "This film has more than 24 frames" in too_long.text


async def test_videos(bot: Stage, tmp_path: Path) -> None:
    clip = Upload("clip.mp4", video(tmp_path / "clip.mp4", pan(6)).read_bytes(), "video/mp4")
    card = await bot.stylize("Ada", clip)
    await card.until(READY)
    assert "6 frames" in card.text
    assert open_film(picture(bot, card)).info.kind == "MP4"
    assert thumbnails(await mine(bot)) == 1
    dark = [pan(1)[0].point([0] * 768), *pan(2), pan(1)[0].point([200] * 768)]
    style = Upload("style.webm", video(tmp_path / "s.webm", dark, codec="libvpx").read_bytes())
    styled = await bot.stylize("Ada", PHOTO, style)
    await styled.until("Your picture is ready")
    assert "“style.webm” moves: frame" in styled.text
    told = await whispered(bot, await from_menu(bot, styled, "As a sticker"))
    check_stickers(bot, told, ".png", frames=1)
    deaf = Upload("song.mp4", music(tmp_path / "song.mp4").read_bytes(), "video/mp4")
    refused = await bot.stylize("Ada", deaf)
    await refused.until("That did not work")
    assert "only sound or nothing" in refused.text


async def test_what_is_chosen_from_the_list_of_gifs(bot: Stage, tmp_path: Path) -> None:
    """The chat shows it as a short video of another site, with a still picture beside it."""
    link, still = "https://gifs.example.org/cat.mp4", "https://gifs.example.org/cat.png"
    clip = await asyncio.to_thread(video, tmp_path / "clip.mp4", pan(3))
    bot.chat.add_external_picture(link, clip.read_bytes())
    bot.chat.add_external_picture(still, PHOTO.data)
    embed = {"type": "gifv", "url": link, "video": {"url": link}, "thumbnail": {"url": still}}
    message = await bot.chat.person("Bob").say(link, embeds=[embed])
    form = await bot.chat.person("Ada").use("Stylize this…", message)
    card = await stylized(bot, form)
    await card.until(READY)
    assert "3 frames" in card.text


async def test_a_link_to_a_video(bot: Stage, tmp_path: Path) -> None:
    """The chat plays it below the message, with no still picture beside it."""
    link = "https://films.example.org/cat.mp4"
    clip = await asyncio.to_thread(video, tmp_path / "clip.mp4", pan(3))
    bot.chat.add_external_picture(link, clip.read_bytes())
    embed = {"type": "video", "url": link, "video": {"url": link}}
    message = await bot.chat.person("Bob").say(link, embeds=[embed])
    form = await bot.chat.person("Ada").use("Stylize this…", message)
    card = await stylized(bot, form)
    await card.until(READY)
    assert "3 frames" in card.text


async def unsized(stage: Stage, content: Upload, **options: Option) -> Card:
    """Give the command without a size."""
    given: dict[str, Option] = {"content": content, "style": STYLE, **options}
    return Card(stage, await stage.chat.person("Ada").run("stylize", given))


async def other_photo(stage: Stage, card: Card, photo: Upload, who: str) -> Card:
    """Let somebody without photos of their own paint one with the style of a card."""
    form = await act(stage, card, "Use this style…", who)
    return Card(stage, await fill_in(stage, form.interaction, {"photo": [photo]}, who))


def size_of(stage: Stage, card: Card) -> int:
    return next(int(each["size"]) for each in stage.requests if card.job_id in each["job"])


async def test_nobody_chose_a_size_so_it_fits_what_is_painted(bot: Stage) -> None:
    film = await unsized(bot, GIF)
    await film.until(READY)
    assert "64 px" in film.text
    still = await other_photo(bot, film, PHOTO, "Bob")
    await still.until("Your picture is ready")
    assert size_of(bot, still) == 512
    again = await other_photo(bot, still, GIF, "Eve")
    await again.until(READY)
    assert "4 frames · 64×48 px" in again.text
    form = await from_menu(bot, film, "Change…")
    changed = Card(bot, await fill_in(bot, form, {"strength": "60"}))
    await changed.until(READY)
    still = await other_photo(bot, changed, PHOTO, "Fay")
    await still.until("Your picture is ready")
    assert (size_of(bot, still), "strength 60" in still.text) == (512, True)

    several = await unsized(bot, GIF, takes=2)
    await until(lambda: "A film is painted once" in several.text)
    await several.until("Which one do you like?")
    assert size_of(bot, several) == 512
    bot.hold()
    running = await unsized(bot, GIF)
    await until(lambda: "Frame 3 of 4" in running.text)
    await bot.press(running, "First frame only")
    bot.release()
    await running.until("Your picture is ready")
    assert size_of(bot, running) == 512


async def test_kept_films_keep_to_the_limits_of_today(bot: Stage) -> None:
    film = await bot.stylize("Ada", GIF, size=256)
    await film.until(READY)
    await change_settings(bot, max_frames=3, max_size=128)
    again = await act(bot, film, "More style")
    await again.until("Your picture is ready")
    assert "It has 4 frames, and 3 is the limit here: one of them is painted." in again.text
    assert size_of(bot, again) == 128
    form = await bot.chat.person("Ada").use("Stylize this…", film.id)
    part = await stylized(bot, form, picture=["photo"])
    await part.until("Your picture is ready")
    assert "3 is the limit here" in part.text
    form = await from_menu(bot, film, "Change…")
    changed = Card(bot, await fill_in(bot, form, {"strength": "70"}))
    await changed.until("Your picture is ready")
    assert size_of(bot, changed) == 128


def cut_off() -> bytes:
    data = moving(frames=6)
    return data[: len(data) * 2 // 3]


def a_million() -> bytes:
    """Return a GIF that repeats its last frame without end."""
    data = moving(frames=2, size=(16, 16))
    start = data.rindex(b"\x21\xf9")
    return data[:-1] + data[start:-1] * 100_000 + data[-1:]


def drawn(image: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")


def ten_hours() -> bytes:
    """Return a video whose three frames stay for hours."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for number, image in enumerate(pan(3)):
            frame = drawn(image)
            frame.pts, frame.time_base = 18_000 * number, Fraction(1)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def of_changing_sizes() -> bytes:
    """Return a video whose frames are smaller from the third on."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        small = av.CodecContext.create("libvpx", "w")
        assert isinstance(small, av.VideoCodecContext)
        small.width, small.height, small.pix_fmt = 64, 48, "yuv420p"
        small.time_base = Fraction(1, 10)
        packets = [p for image in pan(2) for p in stream.encode(drawn(image))]
        packets += stream.encode(None)
        for image in pan(2):
            packets += small.encode(drawn(image.resize((64, 48))))
        packets += small.encode(None)
        for number, packet in enumerate(packets):
            packet.stream, packet.time_base = stream, Fraction(1, 10)
            packet.pts = packet.dts = number
            file.mux(packet)
    return buffer.getvalue()


HOSTILE = {
    "cut off": (cut_off, READY, "it can be read only up to its frame"),
    "a million": (a_million, "Your picture is ready", "more than 240 frames"),
    "ten hours": (ten_hours, "Your picture is ready", "takes 10 h"),
    "changing sizes": (of_changing_sizes, READY, "4 frames"),
    "a thread": (lambda: moving(size=(1, 16384)), "That did not work", "each side must have"),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_films(bot: Stage, kind: str) -> None:
    make, title, words = HOSTILE[kind]
    data = await asyncio.to_thread(make)
    card = await bot.stylize("Ada", Upload("film.gif", data, "image/gif"))
    await card.until(title)
    assert words in card.text
