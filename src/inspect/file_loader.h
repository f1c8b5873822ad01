// Reads a capture into a store, beside whoever looks at what is there already.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "capture/packet_file.h"
#include "dissect/dissector.h"
#include "inspect/api.h"
#include "inspect/operation_store.h"

namespace ropewalk::inspect {

class FileLoader {
 public:
  // Opens the file, and starts to read it. Store and progress outlive it. Error: as capture::PacketFile::open().
  static Result<std::unique_ptr<FileLoader>> start(const std::string& path, dissect::DissectOptions options,
                                                   OperationStore& store, Progress& progress);
  ~FileLoader();  // stops where it is
  FileLoader(const FileLoader&) = delete;
  FileLoader& operator=(const FileLoader&) = delete;

  // Until all is read.
  void wait();

 private:
  FileLoader(capture::PacketFile file, u64 size, dissect::DissectOptions options, OperationStore& store,
             Progress& progress);
  void work();

  capture::PacketFile file_;
  u64 size_;  // of the file; 0: not known
  dissect::DissectOptions options_;
  OperationStore& store_;
  Progress& progress_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace ropewalk::inspect
