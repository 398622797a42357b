# sitegen as a container: no root, no build tools, and a root file system that may be read-only.
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/site" sitegen pull
#   docker run -d --user "$(id -u):$(id -g)" --read-only --tmpfs /tmp --cap-drop ALL -v "$PWD:/site" sitegen watch
# One line names the base, and no variable, so that Dependabot finds it. Another one: --build-context base=…
FROM docker.io/library/python:3.13-slim AS base

FROM base AS build
WORKDIR /source
RUN python3 -m venv --without-pip /opt/sitegen
ARG LOCK=requirements.lock
COPY ${LOCK} requirements.lock
RUN pip --python /opt/sitegen/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY sitegen sitegen
COPY themes themes
COPY demo/documents demo/documents
# What was needed to build it does not travel. Nor do 50 MB that nobody asks for: the places and carriers of phone
# numbers; machine code of fontTools and rapidfuzz that has a plain twin, and its sources; words of languages in which
# scans are not looked through; registers of network cards and SIM cards; fonts in another format.
# A read-only root cannot keep compiled modules, so they are made here, but for those that are used now and then.
RUN pip --python /opt/sitegen/bin/python install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
 && pip --python /opt/sitegen/bin/python uninstall --yes hatchling trove-classifiers pathspec \
 && find /opt/sitegen -path '*/phonenumbers/*' -type d \( -name geodata -o -name carrierdata -o -name tzdata \) \
      -prune -exec rm -r {} + \
 && find /opt/sitegen \( -path '*/fontTools/*.so' -o -path '*/fontTools/*.c' -o -path '*/rapidfuzz/*_avx2*.so' \
      -o -path '*/stdnum/oui.dat' -o -path '*/stdnum/imsi.dat' -o -path '*/font_source_*/*.otf' \) -delete \
 && find /opt/sitegen -path '*/simplemma/*.plzma' -not -regex '.*/\(de\|en\|es\|fr\|it\|nl\|pt\)\.plzma' -delete \
 && /opt/sitegen/bin/python -m compileall -q -x '/(fontTools|phonenumbers|pygments|stdnum)/' /opt/sitegen/lib

FROM base AS sitegen
# The base brings pip; in here there is nothing to install.
RUN python3 -m pip uninstall --yes --break-system-packages pip
COPY --from=build /opt/sitegen /opt/sitegen
ENV PATH=/opt/sitegen/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /site
USER 65532:65532
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:9464/healthz', timeout=4)"]
ENTRYPOINT ["sitegen"]
CMD ["--help"]
