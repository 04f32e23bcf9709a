"""What `deploy/` names exists: settings, figures, commands; its files are what they claim to be."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from backend.engine.ray.host import SETTINGS as SETTINGS_OF_RAY
from backend.metrics import REGISTRY
from backend.settings import Settings, variable
from bot.__main__ import cli

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = {variable(field) for field in Settings.model_fields}
FIGURES = {
    family.name + suffix
    for family in REGISTRY.collect()
    for suffix in {"counter": ["_total"], "histogram": ["_bucket"]}.get(family.type, [""])
}


def read_yaml(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


def test_the_compose_file_follows_its_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    run(*command, str(DEPLOY / "compose.yaml"), str(DEPLOY / "compose.cluster.yaml"))


def test_the_compose_file_names_what_there_is() -> None:
    compose = read_yaml("compose.yaml")
    bot = compose["services"]["bot"]

    assert {name for name in bot["environment"] if name.startswith("STYLIZE_")} <= SETTINGS
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in bot["security_opt"]
    for config in compose["configs"].values():
        assert (DEPLOY / config["file"]).is_file()
    port = bot["environment"]["STYLIZE_METRICS_PORT"]
    (scraped,) = read_yaml("prometheus.yml")["scrape_configs"]
    assert scraped["static_configs"] == [{"targets": [f"bot:{port}"]}]
    assert "ports" not in bot
    program, *arguments = bot["healthcheck"]["test"][1:]
    assert program == "stylize-bot"
    run_help(*arguments)
    (source,) = read_yaml("grafana/source.yaml")["datasources"]
    assert source["url"].split("/")[2].split(":")[0] in compose["services"]


def test_the_example_of_settings_has_all_that_the_compose_files_ask_for() -> None:
    files = ("compose.yaml", "compose.cluster.yaml")
    asked = {
        name for file in files for name in re.findall(r"\$\{(\w+)", (DEPLOY / file).read_text())
    }
    settings = (DEPLOY / ".env.example").read_text()

    assert asked == set(re.findall(r"^(\w+)=", settings, re.MULTILINE))
    assert re.findall(r"COMPOSE_FILE=(.*)", settings) == [":".join(files)]


def test_an_image_that_is_built_anew_has_the_same_torch() -> None:
    taken = set(re.findall(r"^ARG (\w+)", (DEPLOY.parent / "Dockerfile").read_text(), re.MULTILINE))
    for file in ("compose.yaml", "compose.cluster.yaml"):
        for service in read_yaml(file)["services"].values():
            if "build" in service:
                arguments = service["build"]["args"]
                assert arguments["TORCH_INDEX_URL"] == "${TORCH_INDEX_URL:-}"
                assert set(arguments) <= taken


def test_the_painters_of_compose_are_started_as_the_command_line_says() -> None:
    services = read_yaml("compose.cluster.yaml")["services"]

    assert {name for name in services["bot"]["environment"] if name[:8] == "STYLIZE_"} <= SETTINGS
    for name in ("head", "painter"):
        run_help(services[name]["command"][0])
        assert services[name]["cap_drop"] == ["ALL"]
    (script,) = services["bot"]["command"]
    for command in re.findall(r"stylize-bot (\w+)", script):
        run_help(command)
    _, settings, *_, ray = yaml.safe_load_all((DEPLOY / "kuberay.yaml").read_text())
    assert settings["data"] == SETTINGS_OF_RAY
    assert f"ray=={ray['spec']['rayVersion']}" in (DEPLOY.parent / "constraints.txt").read_text()


def test_the_container_by_hand_has_the_limits_of_the_compose_file_and_the_unit() -> None:
    text = (DEPLOY.parent / "SECURITY.md").read_text()
    bot = read_yaml("compose.yaml")["services"]["bot"]
    unit = (DEPLOY / "stylize-bot.service").read_text()

    assert f"--pids-limit {bot['pids_limit']} --memory {bot['mem_limit']} " in text
    assert f"\nTasksMax={bot['pids_limit']}\n" in unit
    assert f"\nMemoryMax={bot['mem_limit'].upper()}\n" in unit


def expressions() -> list[str]:
    (group,) = read_yaml("alerts.yml")["groups"]
    board = json.loads((DEPLOY / "grafana" / "board.json").read_text())
    targets = [target for panel in board["panels"] for target in panel["targets"]]
    return [each["expr"] for each in (*group["rules"], *targets)]


@pytest.mark.parametrize("expression", expressions())
def test_alerts_and_boards_ask_for_figures_that_there_are(expression: str) -> None:
    asked = set(re.findall(r"\bstylize_\w+", expression))

    assert asked <= FIGURES
    assert asked or expression.startswith("up{")


def test_the_image_has_the_driver_of_the_database() -> None:
    url = read_yaml("compose.yaml")["services"]["bot"]["environment"]["STYLIZE_DATABASE_URL"]
    (extras,) = re.findall(r'"\.\[(.*)\]"', (DEPLOY.parent / "Dockerfile").read_text())

    assert url.startswith("postgresql:")
    assert "postgres" in re.split(r"[,$]", extras)


def test_the_unit_starts_the_bot() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.read(DEPLOY / "stylize-bot.service")
    service = unit["Service"]
    program, *arguments = shlex.split(service["ExecStart"])

    assert Path(program).name == "stylize-bot"
    run_help(*arguments)
    assert service["Environment"].partition("=")[0] in SETTINGS
    assert service["OOMPolicy"] == "continue"  # else one large picture ends all
    # Under NoNewPrivileges the driver cannot make its devices by setuid: root does, if it is there.
    assert service["ExecStartPre"].startswith("+-/usr/bin/nvidia-modprobe ")
    verifier = shutil.which("systemd-analyze")
    if verifier:
        assert "Unknown" not in run(
            verifier, "verify", str(DEPLOY / "stylize-bot.service"), fails=True
        )


def test_the_settings_of_the_unit_leave_the_data_folder_to_it() -> None:
    """What stands in the file that the page installs wins over the unit's own lines."""
    page = (DEPLOY.parent / "docs" / "hosting.md").read_text()
    (command,) = re.findall(r"^(.*\.env\.example) \|.* /etc/stylize-bot\.env$", page, re.MULTILINE)
    done = subprocess.run(
        shlex.split(command), cwd=DEPLOY.parent, capture_output=True, text=True, check=True
    )
    installed = re.findall(r"^(\w+)=", done.stdout, re.MULTILINE)

    assert set(installed) == SETTINGS - {variable("data_dir")}
    assert f"Environment={variable('data_dir')}=" in (DEPLOY / "stylize-bot.service").read_text()


def commands_of_the_page() -> list[str]:
    page = (DEPLOY.parent / "docs" / "hosting.md").read_text()
    return sorted(set(re.findall(r"(?<!--entrypoint )stylize-bot ([a-z]+(?: [a-z-]+)*)", page)))


def test_commands_beside_a_bot_that_does_not_run_do_without_the_clusters_entrypoint() -> None:
    """That is a shell, which would be given `check` as its first argument."""
    page = (DEPLOY.parent / "docs" / "hosting.md").read_text()
    commands = re.findall(r"docker compose run ([^`|\n]*)", page)

    assert len(commands) >= 2
    assert all("--entrypoint stylize-bot bot " in command for command in commands)


@pytest.mark.parametrize("command", commands_of_the_page())
def test_commands_of_the_page_exist(command: str) -> None:
    run_help(*command.split())


def test_the_page_says_where_nst_is() -> None:
    page = (DEPLOY.parent / "docs" / "hosting.md").read_text()
    unit = (DEPLOY / "stylize-bot.service").read_text()
    (programs,) = re.findall(r"^ExecStart=(/\S+)/stylize-bot ", unit, re.MULTILINE)

    for before in re.findall(r"`([^`]*)\bnst doctor`", page):
        assert before in ("docker compose exec bot ", f"sudo -u stylize {programs}/")


def run_help(*arguments: str) -> None:
    done = CliRunner().invoke(cli, [*arguments, "--help"])
    assert done.exit_code == 0, done.output


def run(*command: str, fails: bool = False) -> str:
    """Run a command and return what it says; unless it may fail, it must not."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert fails or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: str(each["kind"]))
def test_the_manifests_follow_the_schemas_of_kubernetes(manifest: dict[str, Any]) -> None:
    validator = pytest.importorskip("kubernetes_validate")

    validator.validate(manifest, "1.34", strict=True)


def pods() -> dict[str, tuple[dict[str, str], dict[str, Any]]]:
    """Return labels and containers of every kind of pod; KubeRay adds its cluster's name."""
    bot = next(each for each in manifests() if each["kind"] == "Deployment")["spec"]["template"]
    ray = next(each for each in of_ray() if each["kind"] == "RayCluster")
    hosts = [ray["spec"]["headGroupSpec"], *ray["spec"]["workerGroupSpecs"]]
    label = {"ray.io/cluster": ray["metadata"]["name"]}
    found = {
        each["template"]["spec"]["containers"][0]["name"]: (label, each["template"]["spec"])
        for each in hosts
    }
    return {"bot": (bot["metadata"]["labels"], bot["spec"]), **found}


def of_ray() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kuberay.yaml").read_text()))


def test_every_container_says_itself_how_it_is_probed() -> None:
    """KubeRay's own probes ask a server over HTTP that plain `ray` does not have."""
    for name, (_, pod) in pods().items():
        for container in pod["containers"]:
            assert {"livenessProbe", "readinessProbe"} <= set(container), name
    ray = next(each for each in of_ray() if each["kind"] == "RayCluster")["spec"]
    (head,) = ray["headGroupSpec"]["template"]["spec"]["containers"]
    assert head["livenessProbe"]["tcpSocket"] == {"port": head["ports"][0]["containerPort"]}
    for group in ray["workerGroupSpecs"]:
        (painter,) = group["template"]["spec"]["containers"]
        port = int(group["rayStartParams"]["node-manager-port"])
        assert painter["livenessProbe"]["tcpSocket"] == {"port": port}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return all(
        labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()
    ) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )


def test_hosts_of_ray_reach_each_other_at_every_port() -> None:
    """The bot's pod is such a host: the head and painters connect to it."""
    policies = [
        each["spec"] for each in (*manifests(), *of_ray()) if each["kind"] == "NetworkPolicy"
    ]
    for name, (labels, _) in pods().items():
        rules = [
            rule
            for policy in policies
            if selects(policy["podSelector"], labels)
            for rule in policy["ingress"]
            if "ports" not in rule
        ]
        for other, (from_labels, _) in pods().items():
            sources = [each for rule in rules for each in rule["from"] if "podSelector" in each]
            assert any(selects(each["podSelector"], from_labels) for each in sources), (other, name)


def test_two_bots_share_what_the_manifests_name() -> None:
    found = {each["kind"]: each for each in manifests()}
    deployment = found["Deployment"]["spec"]
    pod = deployment["template"]["spec"]
    (bot,) = pod["containers"]
    named = {*found["ConfigMap"]["data"], *found["Secret"]["stringData"]}

    assert deployment["replicas"] == 2
    assert found["ConfigMap"]["data"]["STYLIZE_STANDBY"] == "true"
    assert {name for name in named if name.startswith("STYLIZE_")} <= SETTINGS
    assert not [name for name in found["ConfigMap"]["data"] if "KEY" in name or "TOKEN" in name]
    assert {"configMapRef", "secretRef"} == {key for each in bot["envFrom"] for key in each}
    assert bot["securityContext"]["readOnlyRootFilesystem"] is True
    assert {mount["name"] for mount in bot["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    run_help(bot["args"][0])
