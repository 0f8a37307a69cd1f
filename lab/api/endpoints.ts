// Everything that the API answers to.
import type { Endpoint } from "../http/endpoint.ts";
import { accessEndpoints } from "./access.ts";
import { agentEndpoints } from "./agent.ts";
import { backupEndpoints } from "./backups.ts";
import { clusterEndpoints } from "./cluster.ts";
import { configEndpoints } from "./config.ts";
import { consoleEndpoints } from "./console.ts";
import { datacenterEndpoints } from "./datacenter.ts";
import { firewallEndpoints } from "./firewall.ts";
import { guestEndpoints } from "./guests.ts";
import { loginEndpoints } from "./login.ts";
import { measurementEndpoints } from "./measurements.ts";
import { migrateEndpoints } from "./migrate.ts";
import { networkEndpoints } from "./networks.ts";
import { featureEndpoints } from "./features.ts";
import { containerEndpoints } from "./containers.ts";
import { containerPowerEndpoints } from "./container-power.ts";
import { nodeEndpoints } from "./nodes.ts";
import { poolEndpoints } from "./pools.ts";
import { powerEndpoints } from "./power.ts";
import { snapshotEndpoints } from "./snapshots.ts";
import { storageEndpoints } from "./storage.ts";
import { userEndpoints } from "./users.ts";

export const ENDPOINTS: readonly Endpoint[] = [
  ...loginEndpoints,
  ...userEndpoints,
  ...accessEndpoints,
  ...poolEndpoints,
  ...clusterEndpoints,
  ...datacenterEndpoints,
  ...firewallEndpoints,
  ...measurementEndpoints,
  ...migrateEndpoints,
  ...networkEndpoints,
  ...nodeEndpoints,
  ...storageEndpoints,
  ...guestEndpoints,
  ...configEndpoints,
  ...powerEndpoints,
  ...agentEndpoints,
  ...consoleEndpoints,
  ...snapshotEndpoints,
  ...backupEndpoints,
  ...featureEndpoints,
  ...containerEndpoints,
  ...containerPowerEndpoints,
];
