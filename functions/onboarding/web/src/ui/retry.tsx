import { server } from '../api/client';
import { useAction } from './action';
import { Button } from './button';
import { Trouble } from './notice';

interface Props {
  /** The activity's. */
  id: string;
  /** Called when its samples are asked for again. */
  onAsked: () => Promise<void>;
}

/** Asks again for an activity's samples that could not be read, instead of waiting until that is done anyway. */
export function Retry({ id, onAsked }: Props) {
  const asking = useAction(async () => {
    await server.POST('/v1/activities/{id}/retry', { params: { path: { id: Number(id) } } });
    await onAsked();
  });
  return (
    <>
      <Button type="button" kind="quiet" small busy={asking.busy} onClick={() => void asking.run()}>Try again now</Button>
      <Trouble error={asking.error} />
    </>
  );
}
