// How the signed-in person signs in, as the Worker tells it.
import { peopleApi } from "../../api-people.ts";
import { keys } from "../../queries.ts";
import { useData } from "../../use-data.ts";

export const useSecurity = () => useData(() => ({ queryKey: keys.security, queryFn: peopleApi.security }));
