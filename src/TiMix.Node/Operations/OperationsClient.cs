using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>The commands' way to a run that goes on.</summary>
internal sealed class OperationsClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http;

    private OperationsClient(string url, string token)
    {
        Url = url.TrimEnd('/');
        _http = new HttpClient { BaseAddress = new Uri(Url + "/"), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null;
    }

    /// <summary>Where the run is served.</summary>
    public string Url { get; }

    /// <summary>The way to a run by its address.</summary>
    /// <exception cref="RunError">It is no address.</exception>
    public static OperationsClient At(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
        ? new OperationsClient(parsed.GetLeftPart(UriPartial.Authority), parsed.Fragment.StartsWith("#token=", StringComparison.Ordinal)
            ? parsed.Fragment["#token=".Length..]
            : Environment.GetEnvironmentVariable(OperationsServer.TokenVariable) ?? "")
        : throw new RunError($"--url is \"{url}\"; it must be an address such as http://10.0.0.1:8550.");

    /// <summary>The way to a run of this machine; null: nobody serves it.</summary>
    public static OperationsClient? Of(RunDirectory directory) =>
        OperationsFile.Read(directory) is { } file ? new OperationsClient(file.Url, file.Token) : null;

    /// <summary>The way to the named run, or to the only one that goes on.</summary>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="name">Null: the only one.</param>
    /// <param name="url">Its address instead; null: by name.</param>
    /// <exception cref="RunError">There is none, or there are several.</exception>
    public static async Task<OperationsClient> FindAsync(string runsDirectory, string? name, string? url)
    {
        if (url is not null)
        {
            return At(url);
        }

        if (name is not null)
        {
            var directory = RunDirectory.Look(runsDirectory, name);
            return Of(directory) is { } named && await named.IsThereAsync().ConfigureAwait(false)
                ? named
                : throw new RunError($"run \"{name}\" is not going on, or was started with --http off; "
                    + $"{(File.Exists(directory.Summary) ? "it is finished" : $"\"{RunHint.Resume(name, runsDirectory)}\" goes on with it")}.");
        }

        var there = new List<(string Name, OperationsClient Client)>();
        foreach (var path in Directory.Exists(runsDirectory) ? Directory.GetDirectories(runsDirectory).Order(StringComparer.Ordinal).ToArray() : [])
        {
            var run = Path.GetFileName(path);
            if (Of(RunDirectory.Of(runsDirectory, run)) is { } client && await client.IsThereAsync().ConfigureAwait(false))
            {
                there.Add((run, client));
            }
        }

        return there switch
        {
            [var only] => only.Client,
            [] => throw new RunError($"no run goes on in {runsDirectory}; \"timix runs\" lists those that are there, --runs-dir names another directory."),
            _ => throw new RunError($"several runs go on: {string.Join(", ", there.Select(run => run.Name))}; say which by --run."),
        };
    }

    /// <summary>Whether it is served.</summary>
    public async Task<bool> IsThereAsync()
    {
        using var patience = new CancellationTokenSource(ProbePatience);
        try
        {
            using var answer = await _http.GetAsync("health/live", patience.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Where the run stands; null: it is not served any more.</summary>
    /// <param name="stop">Gives up.</param>
    public async Task<OperationsState?> StateAsync(CancellationToken stop)
    {
        try
        {
            return await _http.GetFromJsonAsync<OperationsState>("api/run", OperationsJson.Options, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Says a wish.</summary>
    /// <param name="what">pause, continue, snapshot, stop, scale or drain.</param>
    /// <param name="body">Null: none.</param>
    /// <exception cref="RunError">Nobody serves the run, or the answer is none.</exception>
    public async Task<OperationsAnswer> AskAsync(string what, object? body)
    {
        try
        {
            using var answer = body is null
                ? await _http.PostAsync($"api/{what}", null).ConfigureAwait(false)
                : await _http.PostAsJsonAsync($"api/{what}", body, OperationsJson.Options).ConfigureAwait(false);
            return await answer.Content.ReadFromJsonAsync<OperationsAnswer>(OperationsJson.Options).ConfigureAwait(false)
                ?? throw new JsonException("The answer is empty.");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            throw new RunError($"{Url} does not answer: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
