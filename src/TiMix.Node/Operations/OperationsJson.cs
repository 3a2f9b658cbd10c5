using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TiMix.Node.Operations;

/// <summary>How the HTTP interface writes JSON: camel case, numbers that are not finite as null.</summary>
internal static class OperationsJson
{
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>What something is, for programs: the name of its type, as in "last-trainer-leaves".</summary>
    public static string CodeOf(object what) => CodeOf(what.GetType().Name);

    /// <summary>A name for programs, as in "not-found".</summary>
    public static string CodeOf(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        // Everything goes out as application/json or as an event's data, never into a page.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new Finite<double>((writer, value) => writer.WriteNumberValue(value)));
        options.Converters.Add(new Finite<float>((writer, value) => writer.WriteNumberValue(value)));
        return options;
    }

    private sealed class Finite<T>(Action<Utf8JsonWriter, T> write) : JsonConverter<T>
        where T : IBinaryFloatingPointIeee754<T>
    {
        public override bool HandleNull => true;

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? T.NaN : T.CreateTruncating(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (T.IsFinite(value))
            {
                write(writer, value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
