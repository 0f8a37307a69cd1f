// Templates: those found on a cluster, and those of them that tenants can launch.
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { TemplateLogo } from "../../ui/logo.tsx";
import { PublishDialog } from "./publish-dialog.tsx";
import { PublishedPage } from "./published.tsx";

export default function Templates() {
  return (
    <PublishedPage
      words={{
        title: "nav.templates",
        noCluster: "templates.noCluster",
        published: "templates.published",
        nonePublished: "templates.nonePublished",
        noneFound: "templates.noneFound",
        active: "templates.active",
        hidden: "templates.hidden",
        hide: "templates.hide",
        show: "templates.show",
        publish: "templates.publish",
        isPublished: "templates.isPublished",
      }}
      queryKey={keys.templates}
      load={api.templates}
      setActive={api.setTemplateActive}
      published={{
        marks: (template) => ({ "data-template-id": template.id }),
        logo: (template) => <TemplateLogo name={template.logo} small />,
        about: (template) => (
          <p class="small quiet figures">
            {t("launch.from", {
              size: sizeText({
                cores: template.minCores,
                memoryMiB: template.minMemoryMiB,
                diskGiB: template.minDiskGiB,
              }),
            })}{" "}
            · {placeOf(template)}
          </p>
        ),
      }}
      found={{
        marks: (template) => ({ "data-vmid": template.vmid }),
        about: (template) => (
          <p class="small quiet figures">
            {placeOf(template)} · {template.node}
            {template.volume === null ? ` · ${sizeText(template)}` : ""}
          </p>
        ),
      }}
      dialog={(clusterId, template, close) => (
        <PublishDialog clusterId={clusterId()} template={template()} onClose={close} />
      )}
    />
  );
}

/** What it is on the cluster: a guest with its number, or the archive of containers. */
function placeOf(template: { vmid: number; volume: string | null }): string {
  return template.volume ?? `VMID ${template.vmid}`;
}
