using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TiMix.Base;

namespace TiMix.Node.Operations;

/// <summary>Whether a node is up.</summary>
internal interface IReadiness
{
    /// <summary>It has joined its cluster.</summary>
    bool IsUp { get; }
}

/// <summary>What a node without a coordinator serves over HTTP: whether it lives, and whether it is up, for probes.</summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);
    private readonly WebApplication _app;

    private HealthServer(WebApplication app) => _app = app;

    /// <summary>Begins to serve.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="node">Of whom.</param>
    /// <exception cref="RunError">The address cannot be bound.</exception>
    public static async Task<HealthServer> StartAsync(IPEndPoint endpoint, IReadiness node)
    {
        var app = OperationsServer.Build(endpoint, _ => { });
        app.MapGet("/health/live", () => Results.Text("live"));
        app.MapGet("/health/ready", () => node.IsUp ? Results.Text("ready") : Results.Text("joining", statusCode: StatusCodes.Status503ServiceUnavailable));
        await OperationsServer.StartAsync(app, endpoint).ConfigureAwait(false);
        return new HealthServer(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var farewell = new CancellationTokenSource(FarewellTime);
        await _app.StopAsync(farewell.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
