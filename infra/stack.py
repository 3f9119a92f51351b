"""The stack of a stage: which capability is built after which, and what it hands on."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.api import Api
from infra.carts import ABANDONED_EVERY, IDLE_SECONDS, CartCache
from infra.consumers import connect
from infra.data import Data
from infra.email import Email, mail_set
from infra.functions import Functions
from infra.identity import Identity
from infra.messaging import Consumer, Messaging, Worker
from infra.nag import accept, region_of
from infra.network import Network
from infra.notices import Notices
from infra.operators import Operators
from infra.packaging import Package
from infra.redriving import redrive_parked
from infra.releases import Releases
from infra.resources import Resources
from infra.saga import Saga
from infra.schedules import Scheduled
from infra.search import Indexing, SearchEngine
from infra.secrets import Secrets
from infra.settlement import Settlement
from infra.stage_stack import StageStack
from infra.stages import Stage
from infra.streams import CROSSINGS, OUTBOX, StreamReader
from infra.table import APIS
from infra.table.carts import REPORT_ABANDONED
from infra.table.events import EVENT_LOG, REDRIVE, RELAY
from infra.table.inventory import WATCH_STOCK
from infra.table.notifications import NOTE_RETURNED
from infra.table.payments import PAYMENT_EVENTS
from infra.table.saga import TASKS
from infra.watch.resources import API_ID, Watched, parameter
from workflows.cancel_order import CANCEL_ORDER
from workflows.cancel_order import TASKS as CANCEL_ORDER_TASKS
from workflows.place_order import PLACE_ORDER
from workflows.place_order import TASKS as PLACE_ORDER_TASKS
from workflows.refund_order import REFUND_ORDER
from workflows.refund_order import TASKS as REFUND_ORDER_TASKS
from workflows.render import asl_path
from workflows.saga import Machine
from workflows.timing import HOLD_SECONDS


class CommerceStack(StageStack):
    """The whole platform of one stage."""

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        packages: Mapping[str, Package],
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            stage.stack_name,
            stage,
            description=f"An e-commerce platform, stage {stage.name}.",
            env=env,
        )
        self._stage = stage
        self.data = Data(self, "Data", stage)
        self.identity = Identity(self, "Identity", stage)
        self.secrets = Secrets(self, "Secrets", stage)
        self.messaging = Messaging(self, "Messaging", stage)
        default_bus = events.EventBus.from_event_bus_name(self, "DefaultBus", "default")
        if stage.sends_mail:
            Email(self, "Email", stage=stage, default_bus=default_bus)

        resources = self._resources()
        network = self._private_network(resources)
        engine = SearchEngine(
            self, "SearchEngine", stage=stage, resources=resources, network=network
        )
        if network is not None and self.secrets.origin is not None:
            for part in network.parts:
                network.reach_secret(self.secrets.origin.secret_arn, of=part, zones=1)
        self.functions = Functions(self, "Functions", stage, packages, resources, network)
        self.functions.add(TASKS)
        self.machines = {
            machine.name: self._machine(machine, module, tasks, resources)
            for machine, module, tasks in (
                (PLACE_ORDER, "place_order", PLACE_ORDER_TASKS),
                (CANCEL_ORDER, "cancel_order", CANCEL_ORDER_TASKS),
                (REFUND_ORDER, "refund_order", REFUND_ORDER_TASKS),
            )
        }
        payment_events = self._payment_events(resources)
        self.functions.add(APIS)
        settlement = Settlement(
            self, "Settlement", stage=stage, functions=self.functions, machines=self.machines
        )
        Scheduled(
            self, REPORT_ABANDONED, stage=stage, functions=self.functions, every=ABANDONED_EVERY
        )
        indexing = Indexing(
            self,
            "Indexing",
            stage=stage,
            bus=self.messaging.bus,
            functions=self.functions,
            engine=engine,
        )
        workers = {
            **indexing.workers,
            **connect(self, stage=stage, bus=self.messaging.bus, functions=self.functions),
            **settlement.workers,
            NOTE_RETURNED.name: self._returned_mail(default_bus),
            PAYMENT_EVENTS.name: payment_events,
        }
        readers = self._read_streams()
        redrive_parked(
            self, stage=stage, functions=self.functions, resources=resources, workers=workers
        )
        self.api = Api(
            self, "Api", stage=stage, identity=self.identity, aliases=self.functions.aliases
        )
        self.watched = Watched(
            machines=tuple(self.machines),
            functions=tuple(self.functions.aliases),
            workers=tuple(workers),
            readers=readers,
            schedules=(*settlement.parked, REPORT_ABANDONED.name, REDRIVE.name),
        )
        if stage.watched:
            ssm.StringParameter(
                self,
                "ApiIdParameter",
                parameter_name=parameter(stage.name, API_ID),
                string_value=self.api.http.api_id,
            )
            operators = Operators(self, "Operators", stage=stage, machines=self.machines)
            Notices(
                self,
                "Notices",
                stage=stage,
                bus=self.messaging.bus,
                topic=operators.topic,
                parked=workers[EVENT_LOG.name].parked,
            )
            if stage.canary:
                Releases(
                    self,
                    "Releases",
                    stage=stage,
                    canary=stage.canary,
                    aliases=self.functions.aliases,
                    sagas=operators.failures.values(),
                )
        self._outputs()

    def _machine(
        self, machine: Machine, module: str, tasks: Sequence[str], resources: Resources
    ) -> sfn.StateMachine:
        """A state machine, and what functions are told of it."""
        saga = Saga(
            self,
            machine.name,
            stage=self._stage,
            definition=asl_path(module),
            tasks=tasks,
            aliases=self.functions.aliases,
        )
        arn = saga.machine.state_machine_arn
        resources.environment[f"{module.upper()}_ARN"] = arn
        resources.arns[machine.name] = arn
        executions = f"{self._stage.named(machine.name)}:*"
        resources.arns[f"{machine.name}/executions"] = self.format_arn(
            service="states",
            resource="execution",
            resource_name=executions,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        accept(
            self.functions,
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:{region_of(self)}:"
            f"<AWS::AccountId>:execution:{executions}]",
            "An execution is named like its order: which ones exist is not known before.",
        )
        return saga.machine

    def _private_network(self, resources: Resources) -> Network | None:
        """Where the carts' cache and the search domain stand, unless the stage has neither."""
        stage = self._stage
        own_cache, own_engine = stage.cart_redis is None, stage.search_nodes is not None
        network = Network(self, "Network", stage) if own_cache or own_engine else None
        resources.environment["CART_IDLE_SECONDS"] = str(IDLE_SECONDS)
        if stage.cart_redis is not None:
            resources.environment["CART_REDIS"] = stage.cart_redis
            resources.absent |= {"CART_REDIS_USER", "CART_REDIS_CACHE", "cart_cache", "cart_user"}
        elif network is not None:
            CartCache(self, "CartCache", stage=stage, network=network).offer(resources)
        return network

    def _payment_events(self, resources: Resources) -> Worker:
        """The provider's events behind their queue, and what the webhook's function is told."""
        worker = Worker(self, PAYMENT_EVENTS, stage=self._stage, functions=self.functions)
        resources.environment["PAYMENT_EVENTS_QUEUE"] = worker.queue.queue_url
        resources.arns["payment_events"] = worker.queue.queue_arn
        return worker

    def _returned_mail(self, default_bus: events.IEventBus) -> Worker:
        """What SES tells of this stage's mails that did not arrive, or were not welcome."""
        return Consumer(
            self,
            NOTE_RETURNED,
            stage=self._stage,
            bus=default_bus,
            functions=self.functions,
            pattern=events.EventPattern(
                source=["aws.ses"],
                detail_type=["Email Bounced", "Email Complaint Received"],
                detail={"mail": {"tags": {"ses:configuration-set": [mail_set(self._stage)]}}},
            ),
        )

    def _resources(self) -> Resources:
        stage, tables = self._stage, self.data.tables
        resources = Resources()
        for name, table in tables.items():
            resources.environment[f"{name.upper()}_TABLE"] = table.table_name
            resources.arns[name] = table.table_arn
        for name, index in (
            ("orders", "GSI1"),
            ("orders", "GSI2"),
            ("inventory", "GSI1"),
            ("catalog", "GSI1"),
        ):
            resources.arns[f"{name}/index/{index}"] = f"{tables[name].table_arn}/index/{index}"
        resources.environment |= {
            "PAYMENT_SECRET_ARN": self.secrets.payments.secret_arn,
            "CURSOR_SECRET_ARN": self.secrets.cursors.secret_arn,
            "WEBHOOK_SECRET_ARN": self.secrets.webhooks.secret_arn,
            "USER_POOL_ID": self.identity.pool.user_pool_id,
            "EVENT_BUS_NAME": self.messaging.bus.event_bus_name,
            "SENDER_ADDRESS": stage.sender_address,
            "HOLD_SECONDS": str(HOLD_SECONDS),
        }
        if self.secrets.origin is None:
            resources.absent |= {"ORIGIN_SECRET_ARN", "origin_secret"}
        else:
            resources.environment["ORIGIN_SECRET_ARN"] = self.secrets.origin.secret_arn
            resources.arns["origin_secret"] = self.secrets.origin.secret_arn
        if stage.payment_api_base is None:
            resources.absent.add("PAYMENT_API_BASE")
        else:
            resources.environment["PAYMENT_API_BASE"] = stage.payment_api_base
        resources.arns |= {
            "payments_secret": self.secrets.payments.secret_arn,
            "cursor_secret": self.secrets.cursors.secret_arn,
            "webhook_secret": self.secrets.webhooks.secret_arn,
            "user_pool": self.identity.pool.user_pool_arn,
            "bus": self.messaging.bus.event_bus_arn,
            "sender": self.format_arn(
                service="ses",
                resource="identity",
                resource_name=stage.sender_address.partition("@")[2],
            ),
            "mail_set": self.format_arn(
                service="ses", resource="configuration-set", resource_name=mail_set(stage)
            ),
        }
        return resources

    def _read_streams(self) -> tuple[str, ...]:
        """Outbox → bus, and stock that sells out. Returns the functions that read streams."""
        tables = self.data.tables
        StreamReader(
            self,
            "Outbox",
            RELAY,
            stage=self._stage,
            tables=tables,
            functions=self.functions,
            filters=[OUTBOX],
        )
        StreamReader(
            self,
            WATCH_STOCK.name,
            WATCH_STOCK,
            stage=self._stage,
            tables={"inventory": tables["inventory"]},
            functions=self.functions,
            filters=CROSSINGS,
        )
        return (RELAY.name, WATCH_STOCK.name)

    def _outputs(self) -> None:
        outputs = {
            "ApiUrl": self.api.url,
            "ApiId": self.api.http.api_id,
            "UserPoolId": self.identity.pool.user_pool_id,
            "UserPoolClientId": self.identity.client.user_pool_client_id,
            "BusName": self.messaging.bus.event_bus_name,
            "ArchiveName": self.messaging.archive.archive_name,
            "PaymentSecretArn": self.secrets.payments.secret_arn,
            "WebhookSecretArn": self.secrets.webhooks.secret_arn,
        }
        for name, table in self.data.tables.items():
            outputs[f"{name.capitalize()}Table"] = table.table_name
        for name, machine in self.machines.items():
            outputs[f"{name}Arn"] = machine.state_machine_arn
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
