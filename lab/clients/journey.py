"""A scripted journey of Debian's python3-proxmoxer through the lab: it asserts what a real server would answer."""

import json
import sys
import time

from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.backends.https import AuthenticationError

POOL = "nubemox/python"
VMID = 7101
RESTORED = 7102
TASK_TIMEOUT_S = 60


def finished(api, upid):
    """Waits for a task and returns its exit status."""
    node = upid.split(":")[1]
    end = time.monotonic() + TASK_TIMEOUT_S
    while time.monotonic() < end:
        status = api.nodes(node).tasks(upid).status.get()
        if status["status"] == "stopped":
            return status["exitstatus"]
        time.sleep(0.05)
    raise AssertionError("a task did not end: " + upid)


def well(api, upid):
    exit_status = finished(api, upid)
    assert exit_status == "OK", exit_status


def refused(status, call):
    try:
        call()
    except ResourceException as error:
        assert error.status_code == status, (error.status_code, error.status_message, error.content)
        return error
    raise AssertionError("it was not refused")


def by_ticket(place):
    """Root by ticket: login, CSRF, users, tokens, roles, pools."""
    try:
        ProxmoxAPI(place["host"], port=place["port"], user="root@pam", password="wrong", verify_ssl=place["ca"])
        raise AssertionError("a wrong password was taken")
    except AuthenticationError:
        pass
    root = ProxmoxAPI(
        place["host"], port=place["port"], user="root@pam", password=place["password"], verify_ssl=place["ca"]
    )
    assert root.version.get()["release"] == "9.2"
    assert [node["node"] for node in root.nodes.get()] == ["pve1"]
    root.pools.post(poolid=POOL, comment="a client's")
    assert root.pools.get(poolid=POOL)[0]["members"] == []
    root.access.users.post(userid="py@pve", comment="reader")
    secret = root.access.users("py@pve").token("reader").post(privsep=1)["value"]
    root.access.acl.put(path="/pool/" + POOL, tokens="py@pve!reader", roles="PVEAuditor")
    root.access.acl.put(path="/pool/" + POOL, users="py@pve", roles="PVEAuditor")
    assert "none" in refused(500, lambda: root.access.roles("none").get()).content
    return root, secret


def by_token(place, secret):
    """The portal's token launches, changes, keeps and removes a guest; a reader's token may only look."""
    user, rest = place["token"].split("!")
    name, value = rest.split("=")
    api = ProxmoxAPI(
        place["host"], port=place["port"], user=user, token_name=name, token_value=value, verify_ssl=place["ca"]
    )
    reader = ProxmoxAPI(
        place["host"], port=place["port"], user="py@pve", token_name="reader", token_value=secret, verify_ssl=place["ca"]
    )
    node = api.nodes("pve1")
    template = [vm for vm in node.qemu.get() if vm.get("template") == 1][0]["vmid"]
    well(api, node.qemu(template).clone.post(newid=VMID, name="python", pool=POOL))
    guest = node.qemu(VMID)
    config = guest.config.get()
    assert config["name"] == "python", config
    guest.config.put(cores=2, memory=128, digest=config["digest"])
    assert "checksum mismatch" in refused(500, lambda: guest.config.put(cores=1, digest=config["digest"])).content
    assert refused(400, lambda: guest.config.put(cores="two")).content == "Parameter verification failed."
    well(api, guest.resize.put(disk="scsi0", size="+1G"))
    well(api, guest.snapshot.post(snapname="before", description="as it was"))
    well(api, guest.config.post(cores=1, tags="changed"))
    well(api, guest.snapshot("before").rollback.post())
    assert guest.config.get()["cores"] == 2 and guest.config.get().get("tags") != "changed"
    assert [one["name"] for one in guest.snapshot.get()] == ["before", "current"]
    assert finished(api, guest.snapshot.post(snapname="before")) == "snapshot name 'before' already used"
    well(api, guest.snapshot("before").delete())

    well(api, guest.status.start.post())
    current = guest.status.current.get()
    assert current["status"] == "running" and current["cpus"] == 2, current
    assert finished(api, guest.status.start.post()) == "VM %d already running" % VMID
    assert reader.nodes("pve1").qemu(VMID).status.current.get()["status"] == "running"
    refused(403, lambda: reader.nodes("pve1").qemu(VMID).status.stop.post())
    refused(403, lambda: reader.nodes("pve1").qemu(VMID).config.put(name="mine"))
    ticket = guest.vncproxy.post(websocket=1)
    assert 5900 <= int(ticket["port"]) <= 5999 and len(ticket["password"]) == 8

    well(api, node.vzdump.post(vmid=VMID, storage="local", mode="snapshot", compress="zstd"))
    backups = node.storage("local").content.get(content="backup", vmid=VMID)
    assert len(backups) == 1 and backups[0]["format"] == "vma.zst", backups
    well(api, guest.status.stop.post())
    well(api, node.qemu.post(vmid=RESTORED, archive=backups[0]["volid"], pool=POOL, storage="local-lvm"))
    assert node.qemu(RESTORED).config.get()["cores"] == 2
    well(api, node.storage("local").content(backups[0]["volid"]).delete())
    assert node.storage("local").content.get(content="backup", vmid=VMID) == []

    assert refused(501, lambda: api.nodes("pve1").nothing.get())
    for vmid in (VMID, RESTORED):
        well(api, node.qemu(vmid).delete(purge=1))
    refused(403, lambda: guest.config.get())


def main():
    place = json.load(sys.stdin)
    root, secret = by_ticket(place)
    by_token(place, secret)
    members = root.pools.get(poolid=POOL)[0]["members"]
    assert members == [], members
    root.pools.delete(poolid=POOL)
    root.access.users("py@pve").delete()
    print("journey done")


main()
