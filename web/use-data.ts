// A query of the cache as plain reactive values, without Suspense: what is on show stays while newer data arrives.
import { useQuery } from "@tanstack/solid-query";
import { untrack } from "solid-js";

interface Options<T> {
  queryKey: readonly unknown[];
  queryFn: () => Promise<T>;
  staleTime?: number;
  refetchInterval?: number | false | ((query: { state: { data?: T | undefined } }) => number | false);
  enabled?: boolean;
  retry?: false;
}

export interface Data<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly isFetching: boolean;
  refetch: () => unknown;
}

/**
 * Like `useQuery`. Its own `data` is a resource: where it is read before its first promise has settled (data that is in
 * the cache already), it suspends the nearest boundary on every later update, which takes the page out of the document
 * for a moment, and with it the focus and every open dialog. Read untracked it suspends nothing; status and time of the
 * update are tracked instead, and what is inside the data tracks itself.
 */
export function useData<T>(options: () => Options<T>): Data<T> {
  const query = useQuery(options);
  return {
    get data() {
      const isKnown = query.status !== "pending" && query.dataUpdatedAt > 0;
      return isKnown ? untrack(() => query.data) : undefined;
    },
    get error() {
      return query.error;
    },
    get isPending() {
      return query.isPending;
    },
    get isError() {
      return query.isError;
    },
    get isFetching() {
      return query.isFetching;
    },
    refetch: () => query.refetch(),
  };
}
