# sitegen as a container. The site is mounted at /site, and written to as the user who calls:
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/site" sitegen pull
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
RUN python -m venv /opt/sitegen
COPY requirements.lock ./
RUN /opt/sitegen/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY sitegen sitegen
COPY themes themes
COPY demo/documents demo/documents
RUN /opt/sitegen/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/sitegen /opt/sitegen
RUN useradd --uid 65532 --no-create-home sitegen
ENV PATH=/opt/sitegen/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 65532
WORKDIR /site
ENTRYPOINT ["sitegen"]
CMD ["--help"]
