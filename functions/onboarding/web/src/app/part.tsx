import { lazy } from 'preact-iso';
import type { ComponentType } from 'preact';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';
import { Page } from '../ui/page';

const parts: (() => Promise<unknown>)[] = [];

/** A page whose code comes when it is opened, or before that in a quiet moment. */
export function part(load: () => Promise<ComponentType>) {
  parts.push(load);
  return lazy(() => load().catch(() => Unloaded));
}

/** Fetches the code of all pages once the browser has nothing else to do, so that they open at once, offline too. */
export function fetchParts(): void {
  const fetchAll = () => parts.forEach((load) => void load().catch(() => {})); // a page that is opened tells of its failure
  if ('requestIdleCallback' in window) requestIdleCallback(fetchAll, { timeout: 5000 });
  else setTimeout(fetchAll, 2000);
}

/** Stands where a page's code did not come: no connection, or a newer version of the app has replaced it. */
function Unloaded() {
  return (
    <Page title="This page did not load" narrow>
      <Notice kind="warn" title="A part of Train-D is missing" actions={<Button kind="quiet" small type="button" onClick={() => location.reload()}>Load it again</Button>}>
        You may be offline, or Train-D was brought up to date while this page was open.
      </Notice>
    </Page>
  );
}
