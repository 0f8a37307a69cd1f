// Images for the drives of virtual machines: those found on a cluster, and those of them that tenants may put in.
import Disc from "lucide-solid/icons/disc-3";
import { operatorLifeApi } from "../../api-life.ts";
import { memory, t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { OfferDialog } from "./offer-dialog.tsx";
import { PublishedPage } from "./published.tsx";

export default function Images() {
  return (
    <PublishedPage
      words={{
        title: "nav.images",
        noCluster: "images.noCluster",
        published: "images.offered",
        nonePublished: "images.noneOffered",
        noneFound: "images.noneFound",
        active: "images.active",
        hidden: "images.withdrawn",
        hide: "images.withdraw",
        show: "images.offerAgain",
        publish: "images.offer",
        isPublished: "images.isOffered",
      }}
      lead={<p class="quiet">{t("images.lead")}</p>}
      queryKey={keys.operatorImages}
      load={operatorLifeApi.images}
      setActive={operatorLifeApi.setImageActive}
      published={{
        marks: (image) => ({ "data-image-id": image.id }),
        logo: () => <Disc size={18} aria-hidden="true" />,
        about: (image) => <p class="small quiet mono">{image.volume}</p>,
      }}
      found={{
        marks: (image) => ({ "data-volume": image.volume }),
        about: (image) => (
          <p class="small quiet">
            <span class="mono">{image.volume}</span> ·{" "}
            <span class="figures">{memory(Math.ceil(image.sizeBytes / 1_048_576))}</span>
          </p>
        ),
      }}
      dialog={(clusterId, image, close) => <OfferDialog clusterId={clusterId()} image={image()} onClose={close} />}
    />
  );
}
