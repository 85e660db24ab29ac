import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { server } from '../api/client';
import { useAction } from '../ui/action';
import { ButtonLink } from '../ui/button';
import { Trouble } from '../ui/notice';
import { PoweredByStrava } from '../ui/strava';
import { Banner } from './banner';
import { icons, Logo } from './icons';
import { routes } from './routes';
import { forget, who } from './session';

const places = [
  ['Today', routes.today, icons.today],
  ['Load', routes.load, icons.load],
  ['Activities', routes.activities, icons.activities],
  ['Settings', routes.settings, icons.settings],
] as const;

/** What stands around every page: the name, the way to the others, who is signed in. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path, route } = useLocation();
  const leaving = useAction(async () => {
    await server.DELETE('/v1/session');
    route(routes.today); // first: a page that asks for an account would be remembered as the place to return to
    forget();
  });
  const person = who.value;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
        <div class="inside">
          <a class="brand" href={routes.today}><Logo /> Train-D</a>
          {person && (
            <nav aria-label="Pages" class="places">
              {places.map(([name, href, icon]) => (
                <a key={href} href={href} aria-current={isAt(path, href) ? 'page' : undefined}>{icon}<span>{name}</span></a>
              ))}
            </nav>
          )}
          {person && (
            <div class="person">
              <span class="email" title={person.email ?? undefined}>{person.email}</span>
              <button type="button" class="link" aria-disabled={leaving.busy} onClick={() => void leaving.run()}>Sign out</button>
            </div>
          )}
          {person === null && path !== routes.signIn && <ButtonLink kind="quiet" small href={routes.signIn}>Sign in</ButtonLink>}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Banner />
        <Trouble error={leaving.error} />
        {children}
      </main>
      <footer>
        <PoweredByStrava />
        <a href={routes.terms}>Terms</a>
        <a href={routes.privacy}>Privacy</a>
      </footer>
    </>
  );
}

const isAt = (path: string, href: string) => path === href || (href !== routes.today && path.startsWith(`${href}/`));
