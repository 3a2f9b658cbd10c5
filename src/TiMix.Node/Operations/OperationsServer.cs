using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>
/// The HTTP interface of a run: state, metrics, events, the dashboard, and what may be done to the run. It asks the coordinator
/// once a second and keeps the answer, so that any number of onlookers costs the run the same.
/// </summary>
internal sealed class OperationsServer : IAsyncDisposable
{
    /// <summary>The environment variable with the token for changes; without it one is drawn.</summary>
    public const string TokenVariable = "TIMIX_HTTP_TOKEN";

    private const int LargestBody = 4096;
    /// <summary>Many more than look on: whoever opens connections and says nothing must not keep a probe of the health out.</summary>
    private const int MostConnections = 4096;
    private static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    /// <summary>Of the times that the coordinator is asked, one is for looking whether the commands find the way here.</summary>
    private const int ShowEvery = 3;
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);
    private readonly WebApplication _app;
    private readonly RunDirectory _directory;
    private readonly OperationsTelemetry _telemetry;
    private readonly OperationsFile _file;
    private readonly MixPictures _mixes;
    private readonly CancellationTokenSource _stop;
    private readonly Task _asking;

    private OperationsServer(
        WebApplication app, RunDirectory directory, OperationsFile file, OperationsTelemetry telemetry, MixPictures mixes, CancellationTokenSource stop,
        Task asking, string url) =>
        (_app, _directory, _file, _telemetry, _mixes, _stop, _asking, Url) = (app, directory, file, telemetry, mixes, stop, asking, url);

    /// <summary>Where it is, for people: with a code that lets one browser steer, where the token is needed for that.</summary>
    public string Url { get; }

    /// <summary>Begins to serve.</summary>
    /// <param name="endpoint">Where; port 0: any free one.</param>
    /// <param name="run">The run.</param>
    /// <param name="directory">Its directory, whose possession is the caller's.</param>
    /// <param name="board">What has gone by.</param>
    /// <param name="control">What may be done to it.</param>
    /// <exception cref="RunError">The address cannot be bound.</exception>
    public static async Task<OperationsServer> StartAsync(IPEndPoint endpoint, RunOptions run, RunDirectory directory, RunBoard board, IRunControl control)
    {
        var token = Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } given
            ? given
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var access = new OperationsAccess(endpoint.Address, token);
        var situation = new RunSituation(
            run.Name, run.Recipe, run.Recipe.Model.Preset, board, new ControlState(
                access.TokenNeeded, control.WhyNotScale is null, control.WhyNotScale), TimeProvider.System);
        var (telemetry, mixes, stop) = (new OperationsTelemetry(situation, run.Name), new MixPictures(run), new CancellationTokenSource());
        var app = Build(endpoint, AddInterface);
        app.Use(async (context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            if (access.Refuse(context.Request) is { } refused)
            {
                await RefuseAsync(context.Response, refused.Status, refused.Text).ConfigureAwait(false);
                return;
            }

            try
            {
                await next(context).ConfigureAwait(false);
            }
            catch (BadHttpRequestException malformed)
            {
                await RefuseAsync(context.Response, malformed.StatusCode, malformed.Message).ConfigureAwait(false);
            }

            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                await RefuseAsync(context.Response, context.Response.StatusCode, WhatIsWrong(context)).ConfigureAwait(false);
            }
        });
        app.MapOpenApi();
        app.MapPrometheusScrapingEndpoint();
        OperationsEndpoints.Map(app, situation, control, access, mixes, stop.Token);
        DashboardFiles.Map(app);
        try
        {
            await StartAsync(app, endpoint).ConfigureAwait(false);
        }
        catch (RunError)
        {
            telemetry.Dispose();
            throw;
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var file = new OperationsFile(
            bound.Replace("0.0.0.0", Environment.MachineName, StringComparison.Ordinal).Replace("[::]", Environment.MachineName, StringComparison.Ordinal),
            Environment.ProcessId, token);
        await file.ShowAsync(directory).ConfigureAwait(false);
        return new OperationsServer(
            app, directory, file, telemetry, mixes, stop, AskAsync(situation, control, () => file.ShowAsync(directory), stop.Token), bound + access.Fragment);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _asking.ConfigureAwait(false);
        _file.Remove(_directory);
        using var farewell = new CancellationTokenSource(FarewellTime);
        await _app.StopAsync(farewell.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _telemetry.Dispose();
        await _mixes.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static Task RefuseAsync(HttpResponse response, int status, string text)
    {
        response.StatusCode = status;
        return response.WriteAsJsonAsync(OperationsAnswer.Refused(status, text), OperationsJson.Options);
    }

    private static string WhatIsWrong(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => $"There is nothing at {context.Request.Path}; /openapi/v1.json says what there is.",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Path} takes no {context.Request.Method}; /openapi/v1.json says what it takes.",
        StatusCodes.Status415UnsupportedMediaType => "The body must be application/json.",
        _ => "The request cannot be read; /openapi/v1.json says what is right.",
    };

    /// <summary>Binds the address.</summary>
    /// <exception cref="RunError">It cannot be bound.</exception>
    internal static async Task StartAsync(WebApplication app, IPEndPoint endpoint)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new RunError($"--http {endpoint}: {error.Message} Choose another port, 0 for any free one, or \"--http off\".");
        }
    }

    /// <summary>A web server of small requests that leaves signals and the terminal to the program.</summary>
    internal static WebApplication Build(IPEndPoint endpoint, Action<WebApplicationBuilder> add)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.RequestHeadersTimeout = HeadersTime;
            kestrel.Listen(endpoint);
        });
        add(builder);
        return builder.Build();
    }

    private static void AddInterface(WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json => OperationsJson.Configure(json.SerializerOptions));
        builder.Services.AddOpenApi();
        var telemetry = builder.Services.AddOpenTelemetry();
        var exports = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(OperationsTelemetry.Name).AddPrometheusExporter();
            if (exports)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (exports)
        {
            telemetry.WithTracing(tracing => tracing.AddSource(OperationsTelemetry.Name).AddOtlpExporter());
        }
    }

    private static async Task AskAsync(RunSituation situation, IRunControl control, Func<Task> show, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(AskInterval);
        try
        {
            for (var asked = 0; ; asked++)
            {
                if (asked % ShowEvery == 0)
                {
                    await TryAsync(show).ConfigureAwait(false);
                }

                if (await control.DescribeAsync(stop).ConfigureAwait(false) is { } cluster)
                {
                    situation.Update(cluster);
                }

                await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>A disk that is full for a while does not end the asking.</summary>
    private static async Task TryAsync(Func<Task> show)
    {
        try
        {
            await show().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Tried again.
        }
    }

    /// <summary>Signals are the program's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
