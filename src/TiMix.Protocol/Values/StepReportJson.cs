using System.Text.Json;
using System.Text.Json.Serialization;
using TiMix.Base;

namespace TiMix.Protocol.Values;

/// <summary>
/// A report as one flat object, a line of metrics.jsonl: the named values stand between the other keys, where they stood before they had
/// names, and new ones behind them. Read back, every number that is not one of the other keys is a named value.
/// </summary>
internal sealed class StepReportJson : JsonConverter<StepReport>
{
    /// <summary>The values that stand before the temperature.</summary>
    private static readonly string[] First = ["itc", "mix", "alignment", "alignmentAccuracy"];

    public override StepReport Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A step is an object.");
        }

        var report = new StepReport(0, 0, 0, 0, Named<double>.None, 0, 0, 0, 0, 0);
        var values = new List<(string, double)>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number
                && !(reader.TokenType == JsonTokenType.String && reader.GetString() is "NaN" or "Infinity" or "-Infinity"))
            {
                reader.Skip();
                continue;
            }

            var value = JsonSerializer.Deserialize<double>(ref reader, options);
            if (With(report, key, value) is { } known)
            {
                report = known;
            }
            else
            {
                values.Add((key, value));
            }
        }

        return report with { Values = new Named<double>(values) };
    }

    public override void Write(Utf8JsonWriter writer, StepReport value, JsonSerializerOptions options)
    {
        void Put(string key, double number)
        {
            writer.WritePropertyName(key);
            JsonSerializer.Serialize(writer, number, options);
        }

        writer.WriteStartObject();
        writer.WriteNumber("step", value.Step);
        writer.WriteNumber("steps", value.Steps);
        writer.WriteNumber("epoch", value.Epoch);
        Put("loss", value.Loss);
        foreach (var (name, number) in value.Values.Where(pair => First.Contains(pair.Key)))
        {
            Put(name, number);
        }

        Put("temperature", value.Temperature);
        Put("learningRate", value.LearningRate);
        Put("gradientNorm", value.GradientNorm);
        Put("stepSeconds", value.StepSeconds);
        Put("samplesPerSecond", value.SamplesPerSecond);
        foreach (var (name, number) in value.Values.Where(pair => !First.Contains(pair.Key)))
        {
            Put(name, number);
        }

        Put("computeSeconds", value.ComputeSeconds);
        Put("exchangeSeconds", value.ExchangeSeconds);
        Put("updateSeconds", value.UpdateSeconds);
        writer.WriteEndObject();
    }

    /// <summary>The report with one of the keys that are not named values; null: it is none of them.</summary>
    private static StepReport? With(StepReport report, string key, double value) => key switch
    {
        "step" => report with { Step = (long)value },
        "steps" => report with { Steps = (long)value },
        "epoch" => report with { Epoch = (int)value },
        "loss" => report with { Loss = value },
        "temperature" => report with { Temperature = value },
        "learningRate" => report with { LearningRate = value },
        "gradientNorm" => report with { GradientNorm = value },
        "stepSeconds" => report with { StepSeconds = value },
        "samplesPerSecond" => report with { SamplesPerSecond = value },
        "computeSeconds" => report with { ComputeSeconds = value },
        "exchangeSeconds" => report with { ExchangeSeconds = value },
        "updateSeconds" => report with { UpdateSeconds = value },
        _ => null,
    };
}
