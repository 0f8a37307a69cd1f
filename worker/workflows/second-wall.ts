// The second wall for what runs on the provisioning token: the tenant's own token must see the guest as well.
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import type { GuestAt } from "../pve/guests.ts";
import { configIfSeen } from "../pve/inventory.ts";
import { provisioner, tenant } from "./job.ts";
import type { Job } from "./job.ts";

/**
 * Asked before a guest that is there is changed, copied or removed. Were an ownership check of the portal ever forgotten,
 * Proxmox VE still says whose the guest is. One that nobody sees is gone, which is for the step itself to find out.
 * @throws AppError `guest_not_ours`
 */
export async function requireOwnGuest(job: Job, at: GuestAt): Promise<void> {
  const own = await ownAccess(job);
  if (own && (await configIfSeen(own, at))) return;
  if (await configIfSeen(await provisioner(job), at)) throw new AppError("guest_not_ours");
}

/** Null for a tenant that has nothing on the cluster. */
async function ownAccess(job: Job): Promise<PveAccess | null> {
  try {
    return await tenant(job);
  } catch (error) {
    if (error instanceof AppError && error.code === "guest_lost") return null;
    throw error;
  }
}
