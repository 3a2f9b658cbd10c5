using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TiMix.Actors.Coordination;
using TiMix.Actors.Entering;
using TiMix.Actors.Journals;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Protocol.Notices;

namespace TiMix.Actors.Nodes;

/// <summary>
/// One member of the cluster: a host with an actor system of the given roles. Akka's settings are in <c>cluster-config/</c> and nowhere else.
/// </summary>
internal sealed class ClusterSystem : IAsyncDisposable
{
    private const string Singleton = "coordinator";
    private const string Name = "timix";
    private readonly IHost _host;
    private readonly TaskCompletionSource<Done> _leaves = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ClusterSystem(IHost host) => _host = host;

    /// <summary>The actor system.</summary>
    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    /// <summary>host:port that others join.</summary>
    public string Address
    {
        get
        {
            var self = Cluster.Get(System).SelfAddress;
            return $"{self.Host}:{self.Port}";
        }
    }

    /// <summary>Logs into the run's log.</summary>
    public ILogger Logger(string category) => _host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    /// <summary>Starts it and joins, or forms, the cluster.</summary>
    /// <param name="options">Roles, addresses, files.</param>
    /// <param name="roles">The member's roles.</param>
    /// <param name="log">Path of the log.</param>
    /// <param name="journal">Settings of the journal; null: this member needs none.</param>
    /// <param name="door">Where it meets its peers.</param>
    public static async Task<ClusterSystem> StartAsync(NodeOptions options, IReadOnlyList<string> roles, string log, Config? journal, ClusterDoor door)
    {
        var config = options.Config.Select(Read).Reverse().Aggregate(Config.Empty, (over, file) => over.WithFallback(file))
            .WithFallback(Member(options, roles))
            .WithFallback(journal ?? Config.Empty)
            .WithFallback(door.Setup is null ? Config.Empty : Read(BuiltIn("tls.conf")))
            .WithFallback(Read(BuiltIn("node.conf")))
            .WithFallback(SqlPersistence.DefaultConfiguration)
            .WithFallback(ClusterSingleton.DefaultConfig());
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Logging.AddProvider(new FileLog(log));
        builder.Services.AddAkka(Name, akka =>
        {
            akka.AddHocon(config, HoconAddMode.Prepend).ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            });
            if (door.Setup is { } setup)
            {
                akka.AddSetup(setup);
            }
        });
        var host = builder.Build();
        try
        {
            ProbeAddress(options); // Akka.Hosting would print a stack
            await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (SocketErrorOf(error) is { } socket)
        {
            host.Dispose();
            throw new RunError($"the node cannot listen on {options.Host}:{options.Port}: {socket.Message}. Give --listen an address of this machine and a "
                + $"port that nobody listens on; port 0 takes any.");
        }

        var system = new ClusterSystem(host);
        var cluster = Cluster.Get(system.System);
        cluster.RegisterOnMemberRemoved(() => system._leaves.TrySetResult(Done.Instance));
        StayUp.Until(system._leaves.Task, system.System);
        cluster.RegisterOnMemberUp(door.Enter);
        if (options.Join.Count == 0)
        {
            cluster.Join(cluster.SelfAddress);
        }

        return system;
    }

    private static void ProbeAddress(NodeOptions options)
    {
        if (IPAddress.TryParse(options.Host, out var address))
        {
            using var listener = new TcpListener(address, options.Port);
            listener.Start();
        }
    }

    /// <summary>Akka wraps it in errors of its own.</summary>
    private static SocketException? SocketErrorOf(Exception? error)
    {
        while (error is not null and not SocketException)
        {
            error = error.InnerException;
        }

        return (SocketException?)error;
    }

    /// <summary>Lets the coordinator run here, if this is the node that the cluster chooses; it is started anew when it stops.</summary>
    /// <param name="settings">Of the coordinator.</param>
    /// <param name="term">The right to be it.</param>
    /// <param name="notice">Tells the user of this node.</param>
    public IActorRef OfferCoordinator(CoordinatorActor.Settings settings, ICoordinatorTerm term, Action<Notice> notice) => System.ActorOf(
        ClusterSingletonManager.Props(
            CoordinatorGuard.Props(settings, term, notice), new CoordinatorGuard.HandOver(),
            ClusterSingletonManagerSettings.Create(System).WithRole(NodeRoles.Coordinator).WithSingletonName(Singleton)),
        Singleton);

    /// <summary>The coordinator, wherever it is.</summary>
    public IActorRef Coordinator() => System.ActorOf(
        ClusterSingletonProxy.Props(
            "/user/" + Singleton,
            ClusterSingletonProxySettings.Create(System).WithRole(NodeRoles.Coordinator).WithSingletonName(Singleton)), "coordinator-proxy");

    /// <summary>Tells when an actor without which the node is of no use is gone for good, though the node neither leaves nor has been put out.</summary>
    /// <param name="actors">Which.</param>
    /// <param name="gone">Told in a line.</param>
    public void Guard(IReadOnlyList<IActorRef> actors, Action<string> gone) => System.ActorOf(
        NodeGuardian.Props(actors, line =>
        {
            if (!_leaves.Task.IsCompleted && CoordinatedShutdown.Get(System).ShutdownReason is null && Cluster.Get(System).SelfMember.Status
                is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up)
            {
                gone(line);
            }
        }),
        "guardian");

    /// <summary>Leaves the cluster and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _leaves.TrySetResult(Done.Instance);
        await _host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        _host.Dispose();
    }

    private static Config Member(NodeOptions options, IReadOnlyList<string> roles)
    {
        var seeds = string.Join(", ", options.Join.Select(address => $"\"{(options.Insecure ? "akka.tcp" : "akka.ssl.tcp")}://{Name}@{address}\""));
        var known = string.Join(", ", roles.Append(Entrance.RoleOfName(options.Name)).Select(role => $"\"{role}\""));
        return ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp { hostname = "{{options.Host}}", public-hostname = "{{options.Host}}", port = {{options.Port}} }
            akka.cluster { roles = [{{known}}], seed-nodes = [{{seeds}}] }
            """);
    }

    private static string BuiltIn(string file) => Path.Combine(AppContext.BaseDirectory, "cluster-config", file);

    private static Config Read(string file)
    {
        try
        {
            return ConfigurationFactory.ParseString(File.ReadAllText(file));
        }
        catch (IOException error)
        {
            throw new RunError($"the configuration {file} cannot be read: {error.Message}");
        }
        catch (FormatException error)
        {
            throw new RunError($"the configuration {file} is not HOCON: {error.Message}");
        }
    }
}
