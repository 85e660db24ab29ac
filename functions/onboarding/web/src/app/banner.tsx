import { useEffect } from 'preact/hooks';
import { Notice } from '../ui/notice';
import { health, watchHealth } from './health';

/** Tells when the service is not what it should be, and what still works. */
export function Banner() {
  useEffect(() => void watchHealth(), []);
  switch (health.value) {
    case 'offline':
      return <Notice kind="warn" title="You are offline">What you see was loaded before. It is brought up to date when you are connected again.</Notice>;
    case 'down':
      return <Notice kind="warn" title="Train-D is not available right now">Nothing is lost: your activities wait at Strava. We try again by ourselves every few seconds.</Notice>;
    case 'fallback':
      return <Notice kind="info">Train-D runs on its reserve at the moment. Everything works; some things take a little longer.</Notice>;
    case 'well':
      return null;
  }
}
