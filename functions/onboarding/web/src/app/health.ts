import { signal } from '@preact/signals';
import { onUnreachable, server } from '../api/client';

/** How the service is, as far as the page knows. */
export type Health = 'well' | 'fallback' | 'down' | 'offline';

export const health = signal<Health>(navigator.onLine ? 'well' : 'offline');

const whenWell = 120_000;
const whenNot = 10_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks how the service is, and again later: seldom while it is well. */
export async function watchHealth(): Promise<void> {
  clearTimeout(timer);
  if (!navigator.onLine) {
    health.value = 'offline';
  } else if (document.visibilityState === 'visible') {
    health.value = await ask();
  }
  timer = setTimeout(() => void watchHealth(), health.value === 'well' ? whenWell : whenNot);
}

async function ask(): Promise<Health> {
  try {
    const { data } = await server.GET('/v1/health');
    return data?.database === 'fallback' ? 'fallback' : 'well';
  } catch {
    return navigator.onLine ? 'down' : 'offline';
  }
}

onUnreachable.call = () => {
  if (health.peek() !== 'well') return; // being watched already
  health.value = navigator.onLine ? 'down' : 'offline';
  clearTimeout(timer);
  timer = setTimeout(() => void watchHealth(), 1000);
};
addEventListener('online', () => void watchHealth());
addEventListener('offline', () => (health.value = 'offline'));
