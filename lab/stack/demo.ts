// The demo: accounts, a connected cluster, a catalogue and a reseller, all made through the portal's own API.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { publishDemoScripts } from "./demo-scripts.ts";
import { Person } from "./person.ts";
import type { LabReady } from "./stack.ts";

export interface DemoAccount {
  role: string;
  email: string;
  password: string;
}

export const OPERATOR_EMAIL = "operator@demo.test";

/** Makes what is not there yet; accounts and passwords are kept in a file that only its owner reads. */
export async function seedDemo(origin: string, lab: LabReady, file: string): Promise<DemoAccount[]> {
  if (existsSync(file)) {
    const accounts = JSON.parse(readFileSync(file, "utf8")) as DemoAccount[];
    await followLab(origin, lab, accounts);
    return accounts;
  }
  const operator = await account(origin, lab, "operator", OPERATOR_EMAIL, "Olga Operator", "Platform");
  await connectLab(operator.person, lab);
  await publishDemoScripts(operator.person);
  const reseller = await account(origin, lab, "reseller", "reseller@demo.test", "Rui Reseller", "Rui's own");
  const { child: hosting } = await operator.person.ok<{ child: { id: string } }>("POST", "/api/operator/children", {
    name: "Demo Hosting",
    ownerEmail: reseller.email,
    kind: "reseller",
    limits: { vcpu: 32, memoryMiB: 32_768, diskGiB: 500, services: 40, snapshots: 40, backups: 40, backupGiB: 200 },
  });
  await reseller.person.ok("PUT", `/api/tenants/${hosting.id}/storefront`, {
    host: null,
    link: "demo-hosting",
    brandName: "Demo Hosting",
    logo: null,
    accentHue: 160,
    signUp: "approval",
  });
  const tenant = await account(origin, lab, "tenant", "tenant@demo.test", "Tina Tenant", "Tina's workshop");
  const accounts = [operator, reseller, tenant].map(({ role, email, password }) => ({ role, email, password }));
  writeFileSync(file, JSON.stringify(accounts, null, 2), { mode: 0o600 });
  return accounts;
}

/** The lab may stand on another port than at the last start: its cluster follows. */
async function followLab(origin: string, lab: LabReady, accounts: DemoAccount[]): Promise<void> {
  const operator = new Person(origin, lab.controlUrl);
  const account = accounts.find((row) => row.role === "operator");
  if (!account || (await operator.signIn(account.email, account.password)) !== 200) return;
  const { clusters } = await operator.ok<{ clusters: { id: string; url: string; tokenId: string }[] }>(
    "GET",
    "/api/operator/clusters",
  );
  const [tokenId] = lab.provisioningToken.split("=");
  for (const cluster of clusters) {
    const isLab = cluster.tokenId === tokenId && new URL(cluster.url).hostname === "127.0.0.1";
    if (!isLab || cluster.url === lab.pveUrl) continue;
    await operator.ok("PUT", `/api/operator/clusters/${cluster.id}`, { url: lab.pveUrl });
  }
}

/** Connects the lab as a cluster and publishes its templates, its image and some plans. */
export async function connectLab(operator: Person, lab: LabReady): Promise<string> {
  await operator.ok("GET", "/api/me");
  const at = lab.provisioningToken.lastIndexOf("=");
  const { cluster } = await operator.ok<{ cluster: { id: string } }>("POST", "/api/operator/clusters", {
    name: "Lab",
    url: lab.pveUrl,
    tokenId: lab.provisioningToken.slice(0, at),
    tokenSecret: lab.provisioningToken.slice(at + 1),
    pool: "nubemox",
    tenantGroup: "nubemox-tenants",
    tenantRole: "NubemoxTenant",
    storage: "local-lvm",
    vmidFrom: 10_000,
    vmidTo: 99_999,
  });
  const { found } = await operator.ok<{ found: { vmid: number; volume: string | null; name: string }[] }>(
    "GET",
    `/api/operator/templates?cluster=${cluster.id}`,
  );
  for (const template of found) {
    const words = WORDS[template.name] ?? {
      name: template.name,
      description: "",
      logo: "generic",
      category: "Systems",
    };
    await operator.ok("POST", "/api/operator/templates", {
      clusterId: cluster.id,
      ...(template.volume === null
        ? { vmid: template.vmid, defaultUser: "user" }
        : { volume: template.volume, nesting: false }),
      ...words,
      minCores: 1,
      minMemoryMiB: 128,
      minDiskGiB: 1,
    });
  }
  const { found: images } = await operator.ok<{ found: { volume: string }[] }>(
    "GET",
    `/api/operator/images?cluster=${cluster.id}`,
  );
  for (const { volume } of images)
    await operator.ok("POST", "/api/operator/images", { clusterId: cluster.id, volume, name: "Tiny rescue disc" });
  for (const plan of PLANS) await operator.ok("POST", "/api/operator/plans", plan);
  return cluster.id;
}

const WORDS: Record<string, { name: string; description: string; logo: string; category: string }> = {
  "tiny-linux": {
    name: "Tiny Linux",
    description: "A minimal Linux that boots in seconds: shell, network, your own user.",
    logo: "linux",
    category: "Systems",
  },
  "tiny-web": {
    name: "Tiny Web",
    description: "The same small Linux with a web server that answers on port 80.",
    logo: "web",
    category: "Applications",
  },
  "debian-13-tiny": {
    name: "Tiny Container",
    description: "A small Linux that shares the host's kernel: starts at once, with a shell in the browser.",
    logo: "linux",
    category: "Systems",
  },
  "tiny-lab": {
    name: "Classroom",
    description: "A clean machine for exercises: break it, delete it, launch another.",
    logo: "classroom",
    category: "Teaching",
  },
};

const PLANS = [
  { name: "Nano", cores: 1, memoryMiB: 128, diskGiB: 1 },
  { name: "Micro", cores: 1, memoryMiB: 256, diskGiB: 2 },
  { name: "Small", cores: 2, memoryMiB: 512, diskGiB: 4 },
  { name: "Medium", cores: 2, memoryMiB: 1_024, diskGiB: 10 },
];

async function account(origin: string, lab: LabReady, role: string, email: string, name: string, organisation: string) {
  const person = new Person(origin, lab.controlUrl);
  const password = `demo-${randomBytes(6).toString("hex")}`;
  await person.signUp({ name, organisation, email, password });
  return { person, role, email, password };
}
