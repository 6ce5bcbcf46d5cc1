# Static binary, no shell, not root. The console listens on loopback only;
# README says how to reach it from outside the container safely.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/consentry ./cmd/consentry \
 && mkdir -p /out/data && chmod 700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/consentry /consentry
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# An image from scratch has no home and no /tmp.
ENV HOME=/data TMPDIR=/data
VOLUME /data
ENTRYPOINT ["/consentry"]
CMD ["serve", "--cloud", "public"]
