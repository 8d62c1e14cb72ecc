"""The services that the kit runs itself, put together for one stack."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_kit.settings import Settings
from gateway_kit.stack.services import semantic
from gateway_kit.stack.services.balancer import balancer_service
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.effective_config import EffectiveConfig
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.gateway import gateway_service
from gateway_kit.stack.services.models import chat_model_service, embeddings_service
from gateway_kit.stack.services.postgres import postgres_service
from gateway_kit.stack.services.providers import providers_service
from gateway_kit.stack.services.redis import redis_service
from gateway_kit.stack.services.replica_ports import gateway_ports
from gateway_kit.stack.services.tracing import tracestore_service
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.stack.supervisor.record import StackRecord


def own_services(
    settings: Settings,
    credentials: Credentials,
    endpoints: Endpoints,
    config: EffectiveConfig,
    record: StackRecord,
    environ: Mapping[str, str],
) -> dict[str, Service]:
    """The services that the kit runs itself, as processes of its own."""
    # A rehearsal that compares no meanings starts no embedding model: any numbers do.
    no_model = record.rehearsal and "embeddings" in record.without
    services = [
        postgres_service(settings, credentials),
        redis_service(settings, credentials),
        providers_service(
            settings, embeddings_url="" if no_model else endpoints.embeddings_url, rehearsal=record.rehearsal
        ),
        chat_model_service(settings),
        embeddings_service(settings),
    ]
    gateways = [
        own_gateway(settings, credentials, endpoints, config, record, environ, name=name, port=port)
        for name, port in gateway_ports(settings, record).items()
    ]
    services += gateways
    if record.replicas > 1:
        services.append(balancer_service(settings, environ, [gateway.url for gateway in gateways]))
    if record.tracing == "embedded":
        services.append(
            tracestore_service(
                settings,
                credentials,
                database_url=endpoints.database_url,
                own_postgres="postgres" not in endpoints.external,
            )
        )
    if record.semantic:
        services.append(semantic.stack_service(settings, credentials, endpoints, record, environ))
    left_out = {*endpoints.external, *record.without}
    return {s.name: s for s in services if s.name not in left_out}


def own_gateway(
    settings: Settings,
    credentials: Credentials,
    endpoints: Endpoints,
    config: EffectiveConfig,
    record: StackRecord,
    environ: Mapping[str, str],
    *,
    name: str,
    port: int,
) -> Service:
    """The gateway, or one of its replicas, on a given port."""
    own_postgres = "postgres" not in endpoints.external
    return gateway_service(
        settings,
        credentials,
        endpoints,
        config_path=config.staged,
        config_text=config.text,
        config_env=config.env,
        config_code=config.code,
        stage=config.stage,
        workers=record.workers,
        environ=environ,
        sole=record.workers == 1 and record.replicas == 1 and own_postgres,
        name=name,
        port=port,
    )
