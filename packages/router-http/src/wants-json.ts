/** Whether a client would rather have JSON than HTML, by its `Accept` field. */
export function wantsJson(accept: string | undefined): boolean {
  return quality(accept, 'application/json') > quality(accept, 'text/html');
}

/** Of a type that is named, of its `type/*`, or of `*` + `/*`; the most specific counts (RFC 9110, 12.5.1). */
function quality(accept = '*/*', type: string): number {
  const weights = new Map(
    accept.split(',').map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [range, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
  return weights.get(type) ?? weights.get(`${type.split('/', 1)[0]}/*`) ?? weights.get('*/*') ?? 0;
}
