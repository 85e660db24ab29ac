import { server } from '../../api/client';
import type { Sync } from '../../api/queries';
import type { Resource } from '../../api/resource';
import { ago } from '../../format/date';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { sentenceOf } from '../../api/problem';

/** How old what one sees is, and the way to something newer. */
export function Freshness({ sync }: { sync: Resource<Sync> }) {
  const asking = useAction(async () => {
    await server.POST('/v1/sync');
    await sync.reload();
  });
  const at = sync.data?.synced_at;
  if (!at || sync.data?.phase === 'reconnect') return null;
  return (
    <div class="row freshness">
      <span class="muted small" role="status">{asking.error ? sentenceOf(asking.error) : `Synced ${ago(at)}`}</span>
      {sync.data?.phase === 'done' && <Button kind="quiet" small type="button" busy={asking.busy} onClick={() => void asking.run()}>Sync</Button>}
    </div>
  );
}
