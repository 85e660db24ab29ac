import { bodyOf, server } from '../../api/client';
import { useSettings } from '../../api/queries';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Trouble } from '../../ui/notice';
import { ProfileFields, profilePatch } from '../../ui/profile-fields';
import { Loaded } from '../../ui/state';

/** Asks for what load depends on. */
export function ProfileStep({ reload }: { reload: () => Promise<void> }) {
  const settings = useSettings();
  const saving = useAction(async (values: FormData) => {
    await bodyOf(server.PATCH('/v1/settings', { body: profilePatch(values) }));
    await Promise.all([settings.reload(), reload()]);
  });
  return (
    <Loaded from={settings} heights={[24]}>
      {(known) => (
        <form class="card stack" onSubmit={submitting(saving.run)}>
          <h2>About you</h2>
          <ProfileFields settings={known} fresh error={saving.error} />
          <Trouble error={saving.error} />
          <Button busy={saving.busy}>Save</Button>
        </form>
      )}
    </Loaded>
  );
}
