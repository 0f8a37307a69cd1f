// Entry of the lab: a Proxmox VE stand-in on loopback. Prints one line of JSON when it is ready; everything else goes to stderr.
import { resolve } from "node:path";
import { loadCertificates } from "./certificates.ts";
import { parseOptions } from "./options.ts";
import { startLab } from "./start.ts";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.caOnly) {
    const { caFile } = loadCertificates(resolve(options.stateDir));
    console.log(JSON.stringify({ caFile }));
    return;
  }
  const running = await startLab(options, (line) => console.error(`lab: ${line}`));
  const end = (): void => {
    void running.close().finally(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const { pveUrl, controlUrl, caFile, provisioningToken, rootPasswordFile } = running;
  // For a person at a terminal; programs read the line of JSON.
  if (process.stdout.isTTY) {
    console.error(
      [
        `Proxmox VE   ${pveUrl}  (CA: ${caFile})`,
        `Control      ${controlUrl}  (mailbox, faults, guests)`,
        `root@pam     password in ${rootPasswordFile}`,
        `Token        ${provisioningToken}`,
        "",
      ].join("\n"),
    );
  }
  console.log(
    JSON.stringify({
      ready: true,
      pveUrl,
      controlUrl,
      caFile,
      runtime: running.lab.runtime.kind,
      provisioningToken,
      rootPasswordFile,
    }),
  );
}

main().catch((error: unknown) => {
  const taken =
    error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error
      ? `port ${String(error.port)} is taken`
      : null;
  console.error(`lab: ${taken ?? (error instanceof Error ? error.message : String(error))}`);
  process.exit(1);
});
