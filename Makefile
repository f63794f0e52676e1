# What a person types. Every target brings along what it needs; see README.md.

AUTHER := target/release/auther
DATA ?= data
LISTEN ?= 127.0.0.1:8080
# Labelled images for the evaluations; see docs/accuracy.md.
LABELLED ?= ../shared/data
OPENCV := target/opencv
INDEXES := target/indexes
PEERS := target/peers

.PHONY: build setup setup-debug serve test test-clients test-contract test-postman test-rekognition test-browser bench-console bench-signing bench-search bench-gallery lint eval eval-checks eval-detection eval-reference bench bench-report bench-instructions bench-stages bench-load example-images fuzz help

serve: setup ## Build, fetch the models once, and serve
	$(AUTHER) serve --listen $(LISTEN) --data $(DATA)

test: ## Set everything up and run every check and test
	scripts/test.sh

test-contract: setup-debug ## The running program against its OpenAPI document, by Schemathesis
	scripts/test-contract.sh

test-browser: setup-debug ## The back-office in Chromium, which is installed where it can be; pictures in target/screenshots
	scripts/test-browser.sh

test-clients: setup-debug ## The clients in Python, TypeScript and shell, each against the real program
	scripts/test-clients-python.sh
	scripts/test-clients-typescript.sh

test-postman: setup-debug ## The Postman collection, run by newman against the real program
	scripts/test-postman.sh

test-rekognition: setup-debug ## Amazon's own client against the program; see docs/rekognition.md
	scripts/test-rekognition.sh

setup-debug:
	cargo run --locked -p auther -- setup

bench-signing: ## What signing adds to a request, on one core
	taskset -c 0 cargo test --release --locked -p api --test signing_speed -- --nocapture

bench-console: ## How long each page takes with 10,000 persons and 100,000 requests of history
	cargo test --release --locked -p console --test speed -- --nocapture

build: ## Build the release binary
	scripts/need.sh
	cargo build --release --locked -p auther

setup: build ## Fetch, check and prepare the models and the inference library
	$(AUTHER) setup

lint: ## Formatting, clippy and documentation, warnings as errors
	scripts/lint.sh

eval: setup ## Accuracy on LFW and the labelled portraits; remakes the report and the plots in docs/accuracy/
	$(AUTHER) eval lfw $(LABELLED)/lfw_pairs --report docs/accuracy
	$(AUTHER) eval pairs $(LABELLED)/congress_pairs
	$(AUTHER) eval pairs $(LABELLED)/london_faces_800

eval-checks: setup ## The image checks on labelled images, against the committed counts; remakes docs/checks/
	$(AUTHER) eval checks $(LABELLED) --baseline crates/eval/data/checks_baseline.json --report reports/checks
	$(AUTHER) eval portraits $(LABELLED)/london_faces_800
	@# Published is what shows no face: the sheet of mistakes stays in reports/.
	cp reports/checks/report.md reports/checks/*.svg docs/checks/

eval-detection: setup ## Recall against face size, landmarks, groups: what the detector's cascade rests on; remakes docs/detection/
	$(AUTHER) eval detection $(LABELLED) --report docs/detection

$(OPENCV):
	crates/eval/reference/setup.sh $(OPENCV)

eval-reference: setup $(OPENCV) ## Agreement with OpenCV's detector and recogniser
	$(AUTHER) eval reference $(LABELLED)/lfw_pairs/lfw --limit 200 --python $(OPENCV)/bin/python
	$(AUTHER) eval reference $(LABELLED)/london_faces_800 --python $(OPENCV)/bin/python

# What `make bench` leaves behind, a file a benchmark; docs/performance.md is made of them.
RUN := reports/performance
PHOTOGRAPH := tests/photos/A000369_b.jpg

bench: setup $(OPENCV) $(PEERS) ## All that docs/performance.md says, measured anew, and the page (half an hour on an idle machine)
	mkdir -p $(RUN)
	taskset -c 0 $(AUTHER) bench stages $(PHOTOGRAPH) --python $(OPENCV)/bin/python --json > $(RUN)/stages.json
	taskset -c 0 $(AUTHER) bench limits $(PHOTOGRAPH) --json > $(RUN)/limits.json
	scripts/bench-flame.sh $(PHOTOGRAPH) $(RUN)/flame.svg
	$(AUTHER) bench load --python $(PEERS)/bin/python --report $(RUN) > $(RUN)/load.txt
	$(MAKE) bench-report

bench-report: ## The page docs/performance.md of the last run
	$(AUTHER) bench report $(RUN) --out docs/performance.md

bench-instructions: ## Count the instructions of each stage; scripts/bench-instructions.sh --bless accepts a change
	scripts/bench-instructions.sh

bench-stages: setup $(OPENCV) ## Time of each stage of one verify request, beside OpenCV's
	taskset -c 0 $(AUTHER) bench stages $(PHOTOGRAPH) --python $(OPENCV)/bin/python

$(INDEXES):
	crates/eval/search/setup.sh $(INDEXES)

bench-search: setup $(INDEXES) ## The 1:N search beside faiss, hnswlib, usearch and pgvector; remakes docs/search/ (half an hour)
	$(AUTHER) bench search --rows 100000,1000000,10000000 --lfw $(LABELLED)/lfw_pairs --embeddings target/lfw.embeddings \
		--python $(INDEXES)/bin/python --report reports/search
	mkdir -p docs/search
	cp reports/search/report.md reports/search/*.svg docs/search/

$(PEERS):
	crates/eval/load/setup.sh $(PEERS)

bench-load: setup $(PEERS) ## Of that, whole requests: beside OpenCV, deepface and dlib; latency under load, overhead, memory, start
	$(AUTHER) bench load --python $(PEERS)/bin/python --report reports/load

bench-gallery: ## The gallery as the server uses it, database and start included, up to ten million persons (15 GB of disk)
	cargo bench --locked -p gallery -- 10000000 > target/bench-gallery.txt
	mkdir -p docs/search
	cp target/bench-gallery.txt docs/search/gallery.txt

example-images: setup ## Remake the example pictures of docs/image-requirements.md, each checked to be refused rightly
	cargo run --release --locked -p eval --example alter -- docs/images/portrait.jpg docs/images

fuzz: ## Fuzz every parser of foreign bytes for a minute each
	scripts/fuzz.sh 60

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18
