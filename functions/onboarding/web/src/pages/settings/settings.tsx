import { useEffect, useRef, useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { useSettings } from '../../api/queries';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Loaded } from '../../ui/state';
import { Account } from './account';
import { Agreements } from './agreements';
import { Changes } from './changes';
import { LoadSettings } from './load-settings';
import { Profile } from './profile';
import { SigningIn } from './signing-in';
import { Strava } from './strava';
import { Thresholds } from './thresholds';
import './settings.css';

const sections = [['you', 'You'], ['thresholds', 'Thresholds'], ['load', 'Load'], ['changes', 'Changes'], ['strava', 'Strava'], ['signing-in', 'Signing in'], ['agreements', 'Agreements'], ['account', 'Account']] as const;

/** Everything that an athlete may change. */
export function SettingsPage() {
  const settings = useSettings();
  return (
    <Page title="Settings">
      <div class="settings">
        <nav class="sections" aria-label="Settings">
          {sections.map(([id, name]) => <a key={id} href={`#${id}`} onClick={(event) => reveal(event, id)}>{name}</a>)}
        </nav>
        <div class="stack">
          <Loaded from={settings} heights={[26, 30, 16]}>{(known) => <Own settings={known} reload={settings.reload} />}</Loaded>
          <Strava />
          <SigningIn />
          <Agreements />
          <Account />
        </div>
      </div>
    </Page>
  );
}

/** Goes to a section without the router, which would take it for another page. */
function reveal(event: MouseEvent, id: string): void {
  event.preventDefault();
  document.getElementById(id)?.scrollIntoView();
}

function Own({ settings, reload }: { settings: Schemas['Settings']; reload: () => Promise<void> }) {
  const [saved, setSaved] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => document.getElementById(location.hash.slice(1))?.scrollIntoView(), []); // a link to a section, now that all stand
  const onSaved = () => {
    setSaved((n) => n + 1);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaved(0), 8000);
    void reload();
  };
  return (
    <>
      <Profile settings={settings} onSaved={onSaved} />
      <Thresholds settings={settings} onSaved={onSaved} />
      <LoadSettings settings={settings} onSaved={onSaved} />
      <Changes awaited={saved > 0} zone={settings.time_zone} />
      {saved > 0 && <div class="toast"><Notice kind="good" title="Saved">Activities that this concerns are being computed again; charts follow within moments.</Notice></div>}
    </>
  );
}
