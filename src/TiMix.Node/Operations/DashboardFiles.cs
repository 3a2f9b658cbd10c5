using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TiMix.Node.Operations;

/// <summary>The dashboard's files, which are part of the program.</summary>
internal static class DashboardFiles
{
    private const string Prefix = "dashboard/";
    private const string Index = "index.html";

    /// <summary>Names of all files.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(DashboardFiles).Assembly.GetManifestResourceNames().Where(
            name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string name)
    {
        using var file = typeof(DashboardFiles).Assembly.GetManifestResourceStream(Prefix + name)!;
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        return memory.ToArray();
    }

    /// <summary>Serves them: the page at the root, the others below /assets.</summary>
    public static void Map(WebApplication app)
    {
        foreach (var name in Names)
        {
            var (bytes, type) = (Read(name), TypeOf(name));
            app.MapGet(name == Index ? "/" : $"/assets/{name}", (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "no-cache";
                return Results.Bytes(bytes, type);
            }).ExcludeFromDescription();
        }
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" or ".mjs" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" => "application/json",
        _ => "text/plain; charset=utf-8",
    };
}
