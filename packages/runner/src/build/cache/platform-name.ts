let name: string | undefined;

/** Operating system, processor and C library, as far as compiled code depends on them: `linux-x64-glibc2.36`. */
export function platformName(): string {
  name ??= [process.platform, process.arch, ...(process.platform === 'linux' ? [libc()] : [])].join('-');
  return name;
}

function libc(): string {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const { excludeNetwork = false } = report;
  try {
    // Looking up names of network interfaces can take seconds.
    report.excludeNetwork = true;
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime ? `glibc${header.glibcVersionRuntime}` : 'musl';
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
