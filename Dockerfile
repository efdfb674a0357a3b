# `wijkboek serve` on a server: docs/omgeving.md says how to run it, and what must stand before it.
# By tag, not by digest: a digest that nobody here could look up would be a guess.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /bouw
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY wijkboek_utils/ wijkboek_utils/
# What runs, no tests: names from pyproject.toml, versions and checksums from the lock.
RUN python -m venv /omgeving \
    && VIRTUAL_ENV=/omgeving uv pip install --no-cache --compile-bytecode --require-hashes \
        --requirement pyproject.toml --constraint requirements.lock \
    && VIRTUAL_ENV=/omgeving uv pip install --no-cache --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 wijkboek
COPY --from=build /omgeving /omgeving
WORKDIR /wijkboek
COPY notebooks/ notebooks/
COPY pilots/ pilots/
COPY data/ data/
# Only here may the server write; each is a volume.
RUN mkdir -p data/inbox data/processed data/raw/lokaal data/raw/opgehaald reports \
    && chown -R wijkboek:wijkboek data/inbox data/processed data/raw/lokaal data/raw/opgehaald reports
ENV PATH=/omgeving/bin:$PATH \
    WIJKBOEK_ROOT=/wijkboek \
    PYTHONUNBUFFERED=1
USER wijkboek
VOLUME ["/wijkboek/data/inbox", "/wijkboek/data/processed", "/wijkboek/data/raw/lokaal", "/wijkboek/data/raw/opgehaald", "/wijkboek/reports"]
EXPOSE 8866
# Python stops at once for SIGINT; as first process of a container it would not hear SIGTERM.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8866/gezond', timeout=4)"]
CMD ["wijkboek", "serve", "--host", "0.0.0.0", "--naar-buiten"]
