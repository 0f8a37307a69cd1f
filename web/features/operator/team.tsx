// The people who run the platform.
import { PLATFORM } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { TeamPage } from "../team/team.tsx";

export default function PlatformTeam() {
  return <TeamPage title={t("nav.operators")} place={PLATFORM} placeName={t("kind.platform")} mayManage />;
}
