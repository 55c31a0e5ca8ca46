import type { PageLink } from './page.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import type { RouteTable } from './route-table.ts';

const usualPorts = { http: 80, https: 443 } as const;

/** How the world reaches what the router serves. */
export class PublicUrls {
  readonly #baseDomain: string;
  readonly protocol: 'http' | 'https';
  #port: number;
  readonly #isGiven: boolean;

  constructor({ baseDomain, publicAddress, tls, port }: ResolvedOptions) {
    this.#baseDomain = baseDomain;
    this.protocol = publicAddress.protocol ?? (tls ? 'https' : 'http');
    this.#port = publicAddress.port ?? port;
    this.#isGiven = publicAddress.port !== undefined;
  }

  /** The port is known now. */
  listens(port: number): void {
    if (!this.#isGiven) this.#port = port;
  }

  /** @param subdomain '' for the base domain */
  of(subdomain: string): string {
    const host = subdomain === '' ? this.#baseDomain : `${subdomain}.${this.#baseDomain}`;
    const isUsual = this.#port === 0 || this.#port === usualPorts[this.protocol];
    return `${this.protocol}://${host}${isUsual ? '' : `:${this.#port}`}`;
  }

  links(table: RouteTable): PageLink[] {
    return table
      .all()
      .map(({ stored: { subdomain, projectId, deploymentId } }) => ({
        subdomain,
        url: this.of(subdomain),
        projectId,
        deploymentId,
      }))
      .toSorted((a, b) => (a.subdomain < b.subdomain ? -1 : 1));
  }
}
