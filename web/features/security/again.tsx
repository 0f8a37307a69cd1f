// Signing in anew, where a session is too old or too weak for what was asked.
import { useNavigate } from "@solidjs/router";
import LogOut from "lucide-solid/icons/log-out";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";

/** Leads to the sign-in and back to the present page. */
export function SignInAgain(props: { primary?: boolean }) {
  const navigate = useNavigate();
  async function again() {
    const here = location.pathname + location.search;
    await api.signOut().catch(() => undefined);
    queryClient.clear();
    navigate(`/sign-in?to=${encodeURIComponent(here)}`);
  }
  return (
    <Button variant={props.primary ? "primary" : "plain"} small={!props.primary} icon={LogOut} onClick={again}>
      {t("wall.again")}
    </Button>
  );
}
